/** The endpoints in the web servers that people use. None of them is loaded here: their types alone are named. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HealthChecker } from './checker.js';
import { type DetailsRule, localOnly } from './details.js';
import { answerEndpoint, endpointPaths, isEndpoint } from './endpoints.js';

export type HandlerOptions<R> = {
  /** Who may read the components' messages. @default requests from this machine that no proxy forwarded */
  readonly details?: DetailsRule<R>;
};

/** For connect-like servers: what is not one of the endpoints goes to `next`. */
export type HealthMiddleware<R> = (request: R, response: ServerResponse, next?: (error?: unknown) => void) => void;

/** `http.createServer(httpHandler(checker))`; answers 404 to all other paths, or calls `next` where there is one. */
export function httpHandler(
  checker: HealthChecker,
  options: HandlerOptions<IncomingMessage> = {},
): HealthMiddleware<IncomingMessage> {
  return middleware(checker, options.details ?? localOnly);
}

/** `app.use(expressRouter(checker))`, also under a mount path: express shortens `url` for it. */
export function expressRouter<R extends IncomingMessage>(
  checker: HealthChecker,
  options: HandlerOptions<R> = {},
): HealthMiddleware<R> {
  return middleware(checker, options.details ?? localOnly);
}

/** `await app.register(fastifyPlugin(checker))`, with Fastify's own `prefix` where one is wanted. */
export function fastifyPlugin(
  checker: HealthChecker,
  options: HandlerOptions<FastifyRequest> = {},
): (app: FastifyInstance) => Promise<void> {
  const details = options.details ?? ((request) => localOnly(request.raw));
  return async (app) => {
    for (const path of endpointPaths) {
      app.route({
        method: ['GET', 'HEAD'],
        url: path,
        // Probes come every few seconds: not worth a line each.
        logLevel: 'warn',
        handler: async (request, reply) => {
          const answer = await answerEndpoint(checker, path, request.method, details(request));
          return reply.code(answer.status).headers(answer.headers).send(answer.body);
        },
      });
    }
  };
}

function middleware<R extends IncomingMessage>(checker: HealthChecker, details: DetailsRule<R>): HealthMiddleware<R> {
  return (request, response, next) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (!isEndpoint(path)) {
      if (next !== undefined) next();
      else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
      return;
    }
    // Inside the promise, so that a rule that throws cannot end the host.
    Promise.resolve()
      .then(() => answerEndpoint(checker, path, request.method ?? 'GET', details(request)))
      .then(
        (answer) => response.writeHead(answer.status, answer.headers).end(answer.body),
        (error: unknown) => (next === undefined ? response.writeHead(500).end() : next(error)),
      );
  };
}
