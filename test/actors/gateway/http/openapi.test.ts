import test from 'ava';
import { type OpenApi, openApiDocument } from '../../../../src/actors/gateway/http/openapi.js';
import { allRoutes } from '../../../../src/actors/gateway/http/route-table.js';
import { startRig } from '../../../support/rigs/gateway-rig.js';

type Operation = {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, unknown>> }>>;
  readonly security?: unknown;
};

const operations = (document: OpenApi): [path: string, method: string, operation: Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Operation] => [
      path,
      method.toUpperCase(),
      operation as Operation,
    ]),
  );

test('the document that is served describes every route, and no other', async (t) => {
  const rig = await startRig(t);
  const document = (await rig.ask('GET', '/openapi.json')).json() as OpenApi;
  t.is(document.openapi, '3.1.0');
  const described = operations(document).map(([path, method]) => `${method} ${path}`);
  t.deepEqual(
    described.sort(),
    allRoutes('0')
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
  );
  for (const path of [
    'status',
    'services',
    'services/{name}',
    'backends',
    'checks',
    'vrrp',
    'vrrp/{name}',
    'ipvs',
    'actors',
    'config',
    'events',
  ]) {
    t.true(described.includes(`GET /api/v1/${path}`), path);
  }
});

test('every described route answers as described, and no other method does', async (t) => {
  const rig = await startRig(t);
  const document = (await rig.ask('GET', '/openapi.json')).json() as OpenApi;
  for (const [path, method, operation] of operations(document)) {
    if (operation.operationId === 'followEvents') continue;
    const concrete = path.replaceAll('{name}', 'some-name');
    const answer = await rig.ask(method, concrete);
    const described = operation.responses[String(answer.status)];
    t.truthy(described, `${method} ${concrete} answered ${answer.status}: ${answer.text}`);
    const type = String(answer.headers['content-type']).split(';')[0] ?? '';
    t.true(
      Object.keys(described?.content ?? {}).some((each) => each.startsWith(type)),
      `${method} ${concrete} answered ${type}`,
    );
    t.is((await rig.ask('PATCH', concrete)).status, 405, concrete);
  }
});

test('path parameters, security and references of the document are consistent', (t) => {
  const document = openApiDocument(allRoutes('0'), '0');
  const ids = new Set<string>();
  for (const [path, method, operation] of operations(document)) {
    t.false(ids.has(operation.operationId), operation.operationId);
    ids.add(operation.operationId);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    t.deepEqual(
      (operation.parameters ?? []).filter((each) => each.in === 'path').map(({ name }) => name),
      named as string[],
    );
    t.is(operation.security !== undefined, method !== 'GET' && path !== '/api/v1/plan', path);
  }
  const { schemas } = document.components as { schemas: Record<string, object> };
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    t.truthy(schemas[name ?? ''], name);
  }
});
