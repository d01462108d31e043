import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import express from 'express';
import Fastify from 'fastify';
import { ComponentHealth, expressRouter, fastifyPlugin, HealthChecker, httpHandler } from '../../src/health/index.js';

function checkerWith(status: 'healthy' | 'unhealthy', critical: boolean): HealthChecker {
  return new HealthChecker({ version: '0.1.0' }).addCheck({
    name: 'postgres',
    critical,
    check: async () =>
      status === 'healthy'
        ? ComponentHealth.healthy('postgres', 1, critical)
        : ComponentHealth.unhealthy('postgres', 1, critical, 'connect ECONNREFUSED 10.0.0.5:5432'),
  });
}

async function serve(t: ExecutionContext, listener: RequestListener | Server): Promise<string> {
  const server = typeof listener === 'function' ? createServer(listener) : listener;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What each of the web servers answers, as `status body`. */
async function answers(base: string, headers: Record<string, string> = {}): Promise<string[]> {
  const all = [];
  for (const path of ['/health', '/health/ready', '/liveness']) {
    const response = await fetch(base + path, { headers: { connection: 'close', ...headers } });
    all.push(`${response.status} ${(await response.text()).replace(/"timestamp.*/, '')}`);
  }
  return all;
}

const component = '{"name":"postgres","status":"unhealthy","latency_ms":1,"critical":true';
const message = ',"message":"connect ECONNREFUSED 10.0.0.5:5432"';
const unhealthy = (details: string) => [
  '503 {"status":"unhealthy","version":"0.1.0"}',
  `503 {"status":"unhealthy","components":[${component}${details}}],"version":"0.1.0",`,
  '200 {"status":"alive","version":"0.1.0"}',
];

test('node:http: 503 when unhealthy, and the process is alive all the same', async (t) => {
  const base = await serve(t, httpHandler(checkerWith('unhealthy', true)));
  t.deepEqual(await answers(base), unhealthy(message));
});

test('express: the same, mounted anywhere, and other routes go on', async (t) => {
  const app = express();
  app.use('/internal', expressRouter(checkerWith('unhealthy', true)));
  app.get('/other', (_request, response) => void response.send('other'));
  const base = await serve(t, app);
  t.deepEqual(await answers(`${base}/internal`), unhealthy(message));
  t.is(await (await fetch(`${base}/other`)).text(), 'other');
});

test('fastify: the same, with a prefix', async (t) => {
  const app = Fastify();
  t.teardown(() => app.close());
  await app.register(fastifyPlugin(checkerWith('unhealthy', true)), { prefix: '/internal' });
  const base = await app.listen({ port: 0, host: '127.0.0.1' });
  t.deepEqual(await answers(`${base}/internal`), unhealthy(message));
  const head = await app.inject({ method: 'HEAD', url: '/internal/health' });
  t.is(head.statusCode, 503);
  t.is(head.body, '');
});

test('degraded is 200', async (t) => {
  const base = await serve(t, httpHandler(checkerWith('unhealthy', false)));
  t.deepEqual(
    (await answers(base)).map((answer) => answer.slice(0, 3)),
    ['200', '200', '200'],
  );
});

test('who came through a proxy reads no messages unless a rule allows it', async (t) => {
  const forwarded = { 'x-forwarded-for': '203.0.113.9' };
  const closed = await serve(t, httpHandler(checkerWith('unhealthy', true)));
  t.deepEqual(await answers(closed, forwarded), unhealthy(''));
  t.deepEqual(await answers(closed, { forwarded: 'for=203.0.113.9' }), unhealthy(''));
  const open = await serve(t, httpHandler(checkerWith('unhealthy', true), { details: () => true }));
  t.deepEqual(await answers(open, forwarded), unhealthy(message));
  const fastify = Fastify();
  t.teardown(() => fastify.close());
  await fastify.register(fastifyPlugin(checkerWith('unhealthy', true), { details: () => false }));
  t.deepEqual(await answers(await fastify.listen({ port: 0, host: '127.0.0.1' })), unhealthy(''));
});

test('a details rule that throws costs that request an error, not the host its life', async (t) => {
  const rule = { details: () => JSON.parse('') as boolean };
  const base = await serve(t, httpHandler(checkerWith('healthy', true), rule));
  t.is((await fetch(`${base}/health/ready`)).status, 500);
});

test('another path is 404, another method 405, a query does no harm, HEAD has no body', async (t) => {
  const base = await serve(t, httpHandler(checkerWith('healthy', true)));
  t.is((await fetch(`${base}/healthy`)).status, 404);
  const post = await fetch(`${base}/health`, { method: 'POST' });
  t.is(post.status, 405);
  t.is(post.headers.get('allow'), 'GET, HEAD');
  const response = await fetch(`${base}/health?verbose=1`);
  t.is(response.status, 200);
  t.is(response.headers.get('content-type'), 'application/json');
  t.is(response.headers.get('cache-control'), 'no-store');
  const head = await fetch(`${base}/health/ready`, { method: 'HEAD' });
  t.is(`${head.status}${await head.text()}`, '200');
});

test('a hundred requests at once make one round', async (t) => {
  let rounds = 0;
  let release = (): void => undefined;
  const gate = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  const checker = new HealthChecker().addCheck({
    name: 'gate',
    critical: true,
    check() {
      rounds++;
      return gate;
    },
  });
  let arrived = 0;
  const handler = httpHandler(checker);
  const base = await serve(t, (request, response) => {
    handler(request, response);
    if (++arrived === 100) release();
  });
  const get = () =>
    new Promise<number | undefined>((resolve, reject) => {
      httpRequest(`${base}/health`, { agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  t.deepEqual(new Set(await Promise.all(Array.from({ length: 100 }, get))), new Set([200]));
  t.is(rounds, 1);
});
