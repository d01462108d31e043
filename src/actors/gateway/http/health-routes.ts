/** The routes that monitoring asks: health and metrics. */
import { type AggregatedHealth, isReady } from '../../../health/aggregate.js';
import { answerEndpoint, type EndpointPath } from '../../../health/endpoints.js';
import { METRICS_TYPE } from './prometheus.js';
import { jsonAnswer, type Route } from './routes.js';
import { healthView, livenessView, readyView } from './schemas.js';

const endpointRoute = (path: EndpointPath, operationId: string, summary: string, answer: Route['answer']): Route => ({
  method: 'GET',
  path,
  operationId,
  summary,
  change: false,
  answer,
  problems: [],
  run: async ({ health }, { request, trusted }) => {
    const { checker } = health();
    const { status, headers, body } = await answerEndpoint(checker, path, request.method ?? 'GET', trusted);
    return { kind: 'bytes', status, headers, bytes: body };
  },
});

/** What everyone may read of it, as `/health/ready` has it. */
const namesOf = ({ components }: AggregatedHealth): string =>
  components
    .filter(({ status }) => status !== 'healthy')
    .map(({ name, status }) => `${name}: ${status}`)
    .join('; ');

export const healthRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    summary: 'Healthy, degraded (both 200; a service or a VRRP instance is down) or unhealthy (503), and why',
    change: false,
    answer: { ...jsonAnswer('Health', healthView), statuses: [200, 503] },
    problems: [],
    run: async ({ health }, { trusted }) => {
      const { health: own, overall } = await health().look(trusted);
      const { status, version } = own;
      const why = trusted ? overall.why : namesOf(own);
      const value = { status, version, ...(status === 'healthy' ? {} : { why }) };
      return { kind: 'json', status: isReady(own) ? 200 : 503, value };
    },
  },
  endpointRoute(
    '/health/ready',
    'getReadiness',
    'The same with every component; messages only for local or trusted clients',
    { ...jsonAnswer('Readiness', readyView), statuses: [200, 503] },
  ),
  endpointRoute('/liveness', 'getLiveness', 'The process answers', jsonAnswer('Liveness', livenessView)),
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
