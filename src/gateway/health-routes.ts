/** The routes that monitoring asks: health and metrics. */
import { answerEndpoint, type EndpointPath } from '../health/endpoints.js';
import { METRICS_TYPE } from './exposition.js';
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

export const healthRoutes: readonly Route[] = [
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
];
