/** The routes beside the API proper: health, metrics, the event stream. */
import { z } from 'zod';
import { answerEndpoint, type EndpointPath } from '../health/endpoints.js';
import { eventTypes } from '../wire/telemetry.js';
import { METRICS_TYPE } from './exposition.js';
import { ProblemError } from './problem.js';
import { jsonAnswer, type Route } from './routes.js';
import { healthView, livenessView, readyView } from './schemas.js';

const healthRoute = (path: EndpointPath, operationId: string, summary: string, answer: Route['answer']): Route => ({
  method: 'GET',
  path,
  operationId,
  summary,
  change: false,
  answer,
  problems: [],
  run: async ({ health }, { request, trusted }) => {
    const { status, headers, body } = await answerEndpoint(health(), path, request.method ?? 'GET', trusted);
    return { kind: 'bytes', status, headers, bytes: body };
  },
});

export const doorRoutes: readonly Route[] = [
  healthRoute('/health', 'getHealth', 'Healthy, degraded (both 200) or unhealthy (503)', {
    ...jsonAnswer('Health', healthView),
    statuses: [200, 503],
  }),
  healthRoute(
    '/health/ready',
    'getReadiness',
    'The same with every component; messages only for local or trusted clients',
    {
      ...jsonAnswer('Readiness', readyView),
      statuses: [200, 503],
    },
  ),
  healthRoute('/liveness', 'getLiveness', 'The process answers', jsonAnswer('Liveness', livenessView)),
  {
    method: 'GET',
    path: '/metrics',
    operationId: 'getMetrics',
    summary: 'Metrics in the Prometheus text format',
    change: false,
    answer: { contentType: METRICS_TYPE, schema: null },
    problems: [],
    run: async ({ metrics }) => ({
      kind: 'bytes',
      headers: { 'content-type': METRICS_TYPE },
      bytes: await metrics(),
    }),
  },
  {
    method: 'GET',
    path: '/api/v1/events',
    operationId: 'followEvents',
    summary: 'Events as they happen (Server-Sent Events); Last-Event-ID resumes, or a resync event brings the state',
    change: false,
    query: {
      types: { description: `Only these types, separated by commas: ${eventTypes.join(', ')}`, schema: z.string() },
      state: {
        description: 'true: also the whole state first (state-all), and its changes (state, state-gone)',
        schema: z.enum(['true', 'false']),
      },
      last_event_id: {
        description: 'As the header Last-Event-ID, for clients that cannot set it',
        schema: z.string().max(100),
      },
    },
    answer: { contentType: 'text/event-stream', schema: null },
    problems: [429],
    run: ({ hub }, { query, request }) => {
      const filter = { types: typesOf(query['types']), state: query['state'] === 'true' };
      const header = request.headers['last-event-id'];
      const lastEventId = (typeof header === 'string' ? header : undefined) ?? query['last_event_id'] ?? null;
      hub.admit();
      return { kind: 'stream', start: (response) => hub.follow(response, filter, lastEventId) };
    },
  },
];

function typesOf(list: string | undefined): ReadonlySet<string> | null {
  if (list === undefined) return null;
  const types = list.split(',').map((type) => type.trim());
  const unknown = types.find((type) => !eventTypes.includes(type));
  if (unknown === undefined) return new Set(types);
  throw new ProblemError(
    400,
    'ERR_QUERY',
    `types: there is no event type ${JSON.stringify(unknown)}; allowed are ${eventTypes.join(', ')}`,
  );
}
