/** From a request to what a route takes: parameters, query and document, each checked. */
import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import { localOnly } from '../../../health/details.js';
import { type Access, type ListenerKind, mayReadDetails } from '../listeners/guard.js';
import { ProblemError } from './problem.js';
import type { Format, Route, RouteInput } from './routes.js';

const formats: Readonly<Record<string, Format>> = {
  'application/yaml': 'yaml',
  'application/x-yaml': 'yaml',
  'text/yaml': 'yaml',
  'text/x-yaml': 'yaml',
  'application/json': 'json',
  'application/toml': 'toml',
  'text/x-toml': 'toml',
};

/** What a document may be sent as. */
export const documentTypes: readonly string[] = Object.keys(formats);

/** @throws ProblemError */
export function inputOf(
  route: Route,
  request: FastifyRequest,
  door: ListenerKind,
  access: Access,
  gone: AbortSignal,
): RouteInput {
  const format = formats[(request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''];
  const { body } = request;
  const given = Buffer.isBuffer(body) && format !== undefined ? { bytes: new Uint8Array(body), format } : null;
  if (given !== null && route.takesDocument === undefined) {
    throw new ProblemError(400, 'ERR_BAD_REQUEST', 'this takes no body');
  }
  if (given !== null && !isUtf8(given.bytes)) {
    throw new ProblemError(400, 'ERR_BAD_REQUEST', 'the body is not UTF-8 text');
  }
  return {
    params: request.params as Readonly<Record<string, string>>,
    query: queryOf(route, request.query as Readonly<Record<string, unknown>>),
    body: given,
    request: request.raw,
    door,
    gone,
    trusted: door === 'unix' || localOnly(request.raw) || mayReadDetails(access, request.headers.authorization),
  };
}

function queryOf(route: Route, query: Readonly<Record<string, unknown>>): Record<string, string> {
  const known = route.query ?? {};
  const taken: Record<string, string> = {};
  for (const [name, value] of Object.entries(query)) {
    const parameter = Object.hasOwn(known, name) ? known[name] : undefined;
    if (parameter === undefined) {
      const names = Object.keys(known).join(', ');
      throw new ProblemError(
        400,
        'ERR_QUERY',
        `there is no query parameter ${JSON.stringify(name)}; known: ${names || 'none'}`,
      );
    }
    const parsed = parameter.schema.safeParse(value);
    if (!parsed.success) {
      throw new ProblemError(400, 'ERR_QUERY', `${name}: ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
    }
    taken[name] = parsed.data;
  }
  return taken;
}
