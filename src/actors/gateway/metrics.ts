/** What the gateway counts. */
import { counter, defineMetrics, gauge } from '../../model/observing/metrics.js';

export const metrics = defineMetrics({
  fulcrum_build_info: gauge('Always 1', ['version', 'node']),
  fulcrum_http_requests_total: counter('Answers of the control API, by listener and status class', [
    'listener',
    'status',
  ]),
  fulcrum_http_refused_total: counter('Connections that the control API refused: too many, not HTTP, or too slow', [
    'listener',
    'reason',
  ]),
  fulcrum_grpc_refused_total: counter(
    'Connections and calls that the gRPC listener refused: too many or too large, no token, too slow, or a client that broke the protocol',
    ['reason'],
  ),
  fulcrum_event_clients: gauge('Followers of the event stream', []),
  fulcrum_event_clients_ended_total: counter(
    'Followers of the event stream that went: by themselves, too slow, or with the server',
    ['reason'],
  ),
  fulcrum_metric_samples_dropped_total: counter('Metric samples that were unknown, or one series too many', []),
});
