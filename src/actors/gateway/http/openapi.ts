/** The OpenAPI 3.1 document, made from the routes themselves. */
import { z } from 'zod';
import { json, type Route } from './routes.js';
import { problemView } from './schemas.js';

/** Any route may answer with these. */
const commonProblems = [400, 404, 405, 408, 421, 429, 500] as const;
const changeProblems = [401, 403] as const;

const problemTitles: Readonly<Record<number, string>> = {
  400: 'Not a valid request',
  401: 'The token is missing or wrong',
  403: 'Changes are not allowed this way',
  404: 'There is no such thing',
  405: 'Another method is needed',
  408: 'The request did not arrive in time',
  409: 'Not possible in the present state',
  413: 'The body is too large',
  415: 'The body is of an unsupported type',
  421: 'Not a name of this machine',
  422: 'The document has errors',
  429: 'Too many at once',
  500: 'A defect of the daemon',
  503: 'A part of the daemon does not run',
  504: 'A part of the daemon did not answer in time',
};

export type OpenApi = {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Record<string, Record<string, object>>;
  readonly components: object;
};

export function openApiDocument(routes: readonly Route[], version: string): OpenApi {
  const schemas: Record<string, object> = { Problem: jsonSchema(problemView) };
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    if (route.takes !== undefined) schemas[route.takes.name] = jsonSchema(route.takes.of);
    const { schema } = route.answer;
    if (schema !== null) schemas[schema.name] = jsonSchema(schema.of);
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fulcrum control API',
      version,
      description: 'Served on the unix socket, and on TCP where control.http says so. Changes over TCP need the token.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

/** The route that serves the document; it documents itself too. */
export function openApiRoute(version: string, others: readonly Route[]): Route {
  const route: Route = {
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This document',
    change: false,
    answer: { contentType: 'application/json', schema: null },
    problems: [],
    run: () => json(openApiDocument([...others, route], version)),
  };
  return route;
}

function operationOf(route: Route): object {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(route.query ?? {}).map(([name, { description, schema }]) => ({
    name,
    in: 'query',
    required: false,
    description,
    schema: jsonSchema(schema),
  }));
  const parameters = [...inPath, ...inQuery];
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBodyOf(route),
    ...(route.change ? { security: [{ token: [] }] } : {}),
    responses: responsesOf(route),
  };
}

function requestBodyOf({ takesDocument, takes }: Route): object {
  if (takes !== undefined) {
    const schema = { $ref: `#/components/schemas/${takes.name}` };
    return { requestBody: { required: true, content: { 'application/json': { schema } } } };
  }
  if (takesDocument === undefined) return {};
  return { requestBody: { required: takesDocument === 'required', content: documentContent } };
}

const documentContent = {
  'application/yaml': { schema: { type: 'string' } },
  'application/json': { schema: { type: 'object' } },
  'application/toml': { schema: { type: 'string' } },
};

function responsesOf(route: Route): Record<string, object> {
  const { contentType, schema, statuses } = route.answer;
  const reference = schema === null ? null : { $ref: `#/components/schemas/${schema.name}` };
  const shape = schema?.list === true ? { type: 'array', items: reference } : (reference ?? {});
  const good = { description: route.summary, content: { [contentType]: { schema: shape } } };
  const problems = new Set<number>([...commonProblems, ...(route.change ? changeProblems : []), ...route.problems]);
  for (const status of statuses ?? []) problems.delete(status);
  return Object.fromEntries([
    ...(statuses ?? [200]).map((status) => [status, good] as const),
    ...[...problems].sort((a, b) => a - b).map((status) => [status, problemResponse(status)] as const),
  ]);
}

const problemResponse = (status: number): object => ({
  description: problemTitles[status] ?? 'A problem',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

function jsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest;
}
