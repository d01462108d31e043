/** From a request to what a route takes: parameters, query and document, each checked. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { localOnly } from '../../../health/details.js';
import { type Access, type ListenerKind, mayReadDetails } from '../listeners/guard.js';
import { MAX_BODY_BYTES } from '../listeners/listener-limits.js';
import { ProblemError } from './problem.js';
import type { Body, Format, Route, RouteInput } from './routes.js';

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
  const body = request.body as Awaited<ReturnType<typeof readBody>> | undefined;
  const given = body !== undefined && format !== undefined ? { bytes: body, format } : null;
  if (given !== null && route.takesDocument === undefined && route.takes === undefined) {
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

/** Commands are short; configurations are read elsewhere. */
const MAX_COMMAND_BYTES = 4096;

/** The JSON that a command takes. @throws ProblemError */
export function commandOf<Value>(body: Body | null, schema: z.ZodType<Value>): Value {
  if (body?.format !== 'json') {
    throw new ProblemError(415, 'ERR_MEDIA_TYPE', 'send a JSON object, with Content-Type application/json');
  }
  if (body.bytes.length > MAX_COMMAND_BYTES) {
    throw new ProblemError(413, 'ERR_BODY_TOO_LARGE', `the body is larger than ${MAX_COMMAND_BYTES} bytes`);
  }
  const parsed = schema.safeParse(jsonOf(body.bytes));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: 'is not valid' };
  throw new ProblemError(400, 'ERR_BAD_REQUEST', path.length === 0 ? message : `${path.join('.')}: ${message}`);
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new ProblemError(400, 'ERR_BAD_REQUEST', 'the body is not JSON');
  }
}

/** Of a body that does not say how long it is. */
const FIRST_BYTES = 64 * 1024;

/** The body in an allocation of its own, which another thread can take over. @throws ProblemError 413 */
export async function readBody(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  let body = new Uint8Array(within(Number(request.headers['content-length'] ?? FIRST_BYTES)));
  let length = 0;
  // Who is refused is to read the refusal: the connection stays.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const needed = within(length + chunk.length);
    if (needed > body.length) {
      const grown = new Uint8Array(Math.min(MAX_BODY_BYTES, Math.max(needed, 2 * body.length)));
      grown.set(body.subarray(0, length));
      body = grown;
    }
    body.set(chunk, length);
    length = needed;
  }
  return body.subarray(0, length);
}

function within(bytes: number): number {
  if (bytes <= MAX_BODY_BYTES) return bytes;
  throw new ProblemError(413, 'ERR_BODY_TOO_LARGE', `the body is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB`);
}
