/** The HTTP application: routes, guards and limits, without a listener of its own. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { begun } from '../begun.js';
import { inParts } from '../json-parts.js';
import { clientOf } from '../listeners/budget.js';
import { type Access, checkAccess, type ListenerKind } from '../listeners/guard.js';
import { MAX_BODY_BYTES, MAX_PATH_PARAM_LENGTH, UNSENT_PARTS_BYTES } from '../listeners/listener-limits.js';
import { type Hold, Pressure } from '../listeners/pressure.js';
import type { Client } from '../turns.js';
import { PROBLEM_TYPE, ProblemError, type ProblemHeaders, problem, problemOf } from './problem.js';
import { documentTypes, inputOf, readBody } from './request-input.js';
import type { Route, RouteAnswer, Services } from './routes.js';

export type AppInit = {
  readonly routes: readonly Route[];
  readonly services: Services;
  readonly access: () => Access;
  /** A defect of ours: the client is told nothing about it. */
  readonly onDefect: (error: unknown, request: string) => void;
  readonly onAnswer: (door: ListenerKind, status: number) => void;
};

export type App = {
  readonly handle: (request: IncomingMessage, response: ServerResponse, door: ListenerKind) => void;
  readonly close: () => Promise<void>;
};

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export async function createApp(init: AppInit): Promise<App> {
  const app = fastify({
    routerOptions: { maxParamLength: MAX_PATH_PARAM_LENGTH, ignoreTrailingSlash: true },
    exposeHeadRoutes: false,
    // The client error handler and the time limits are the doors'.
    logger: false,
    // A path that cannot be decoded reaches no route, and no hook.
    frameworkErrors: (error, _request, reply) => {
      secureHeaders(reply);
      sendProblem(reply, problemOf(error) ?? { problem: defect, headers: {} });
    },
  });
  const doors = new WeakMap<IncomingMessage, ListenerKind>();
  const doorOf = (request: FastifyRequest): ListenerKind => doors.get(request.raw) ?? 'tcp';
  const pressure = new Pressure();

  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...documentTypes], (_request: unknown, payload: IncomingMessage) => readBody(payload));
  app.setErrorHandler((error, request, reply) => {
    const found = problemOf(error);
    if (found === null) init.onDefect(error, `${request.method} ${request.url}`);
    return sendProblem(reply, found ?? { problem: defect, headers: {} });
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, {
      problem: problem(
        404,
        'ERR_NOT_FOUND',
        `there is nothing at ${pathOf(request)}; GET /openapi.json lists all paths`,
      ),
      headers: {},
    }),
  );
  app.addHook('onRequest', async (request, reply) => {
    secureHeaders(reply);
    if (doorOf(request) === 'metrics' && pathOf(request) !== '/metrics') {
      throw new ProblemError(404, 'ERR_NOT_FOUND', 'this listener serves /metrics alone');
    }
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      // RFC 9112 section 3.2.
      throw new ProblemError(400, 'ERR_BAD_REQUEST', 'an HTTP/1.1 request needs a Host header');
    }
    checkAccess(init.access(), doorOf(request), changes(request), request.headers);
    const client = clientBehind(request, doorOf(request));
    if (!isStreamed(request)) pressure.admit(client, reply.raw);
    if (takesDocument(request)) pressure.expect(client, reply.raw, announcedBytes(request));
  });
  app.addHook('onResponse', async (request, reply) => init.onAnswer(doorOf(request), reply.statusCode));

  for (const [path, routes] of byPath(init.routes)) {
    for (const route of routes) addRoute(app, route, init, doorOf, pressure);
    refuseOtherMethods(app, path, routes);
  }
  await app.ready();
  return {
    handle: (request, response, door) => {
      if (!methods.some((method) => method === request.method)) {
        refuseMethod(request, response);
        init.onAnswer(door, response.statusCode);
        return;
      }
      doors.set(request, door);
      app.routing(request, response);
    },
    close: () => app.close(),
  };
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  init: AppInit,
  doorOf: (request: FastifyRequest) => ListenerKind,
  pressure: Pressure,
): void {
  app.route({
    method: route.method === 'GET' && !isStream(route) ? ['GET', 'HEAD'] : route.method,
    url: fastifyPath(route.path),
    config: {
      change: route.change,
      stream: isStream(route),
      document: route.takesDocument !== undefined || route.takes !== undefined,
    } satisfies RouteTraits,
    handler: async (request, reply) => {
      const input = inputOf(route, request, doorOf(request), init.access(), goneSignal(reply));
      const answer = await route.run(init.services, input);
      return send(reply, answer, pressure.holder(clientBehind(request, input.door), reply.raw));
    },
  });
}

/** RFC 9110 section 15.6.2: what Node's parser takes and no route has, such as QUERY, TRACE or PROPFIND. */
function refuseMethod({ method }: IncomingMessage, response: ServerResponse): void {
  const found = problem(501, 'ERR_METHOD', `${method} is not a method of this API; it has ${methods.join(', ')}`);
  const headers = { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', connection: 'close' };
  response.writeHead(501, headers).end(`${JSON.stringify(found)}\n`);
}

const clientBehind = (request: FastifyRequest, door: ListenerKind): Client => ({
  door,
  address: clientOf(request.raw.socket.remoteAddress ?? ''),
});

const isStream = (route: Route): boolean => route.answer.contentType === 'text/event-stream';
const fastifyPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');
const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '/';

/** What the hooks must know of a route; empty where there is none. */
type RouteTraits = { readonly change?: boolean; readonly stream?: boolean; readonly document?: boolean };
const traitsOf = (request: FastifyRequest): RouteTraits => request.routeOptions.config as RouteTraits;
const changes = (request: FastifyRequest): boolean => traitsOf(request).change === true;
const takesDocument = (request: FastifyRequest): boolean => traitsOf(request).document === true;

/** What a body may be at most; one that is longer is refused by its own limit. */
function announcedBytes({ headers }: FastifyRequest): number {
  if (headers['transfer-encoding'] !== undefined) return MAX_BODY_BYTES;
  return Math.min(Number(headers['content-length'] ?? 0) || 0, MAX_BODY_BYTES);
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

const isStreamed = (request: FastifyRequest): boolean => traitsOf(request).stream === true;

function byPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

/** RFC 9110 section 15.5.6: 405 names what is allowed. */
function refuseOtherMethods(app: FastifyInstance, path: string, routes: readonly Route[]): void {
  const allowed: string[] = routes.flatMap((route) =>
    route.method === 'GET' && !isStream(route) ? ['GET', 'HEAD'] : [route.method],
  );
  app.route({
    method: methods.filter((method) => !allowed.includes(method)),
    url: fastifyPath(path),
    // Before the body, so that it is not read.
    onRequest: async (request) => {
      const allow = allowed.join(', ');
      throw new ProblemError(405, 'ERR_METHOD', `${request.method} is not possible here; allowed: ${allow}`, { allow });
    },
    handler: () => {},
  });
}

const jsonHeaders = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

async function sendParts(reply: FastifyReply, parts: AsyncGenerator<string>, hold: Hold): Promise<FastifyReply> {
  const text = await begun(parts);
  hold(UNSENT_PARTS_BYTES);
  return reply.code(200).headers(jsonHeaders).send(Readable.from(text));
}

/** Others have their turn while it is made. */
async function sendList(reply: FastifyReply, pieces: Iterable<string>, hold: Hold): Promise<FastifyReply> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const text of inParts(pieces)) {
    // Nobody reads it any more.
    if (reply.raw.destroyed) break;
    const bytes = Buffer.from(text);
    hold(bytes.length);
    parts.push(bytes);
    length += bytes.length;
  }
  return reply
    .code(200)
    .headers({ ...jsonHeaders, 'content-length': length })
    .send(Readable.from(parts));
}

function send(reply: FastifyReply, answer: RouteAnswer, hold: Hold): FastifyReply | Promise<FastifyReply> | undefined {
  switch (answer.kind) {
    case 'json': {
      const bytes = Buffer.from(`${JSON.stringify(answer.value)}\n`);
      hold(bytes.length);
      return reply
        .code(answer.status ?? 200)
        .headers(jsonHeaders)
        .send(bytes);
    }
    case 'list':
      return sendList(reply, answer.pieces, hold);
    case 'bytes':
      hold(Buffer.byteLength(answer.bytes));
      return reply
        .code(answer.status ?? 200)
        .headers(answer.headers)
        .send(answer.bytes);
    case 'parts':
      return sendParts(reply, answer.parts, hold);
    case 'stream':
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      // It may be silent for long, and ends when the client goes.
      reply.raw.socket?.setTimeout(0);
      answer.start(reply.raw);
      return undefined;
    default:
      return answer satisfies never;
  }
}

const defect = problem(500, 'ERR_INTERNAL', 'a defect of this daemon; its log has the details');

const sendProblem = (
  reply: FastifyReply,
  found: { readonly problem: object & { status: number }; readonly headers: ProblemHeaders },
) =>
  reply
    .code(found.problem.status)
    .headers({ 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', ...found.headers })
    .send(`${JSON.stringify(found.problem)}\n`);

/** The page loads nothing from elsewhere, is framed nowhere, and nothing is taken for another type than it is. */
function secureHeaders(reply: FastifyReply): void {
  reply.headers({
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  });
}
