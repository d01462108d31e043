import { counter, defineMetrics, gauge } from '../../../model/observing/metrics.js';
import type { TrafficMetrics } from '../../driver.js';

export const metrics = defineMetrics({
  fulcrum_proxy_backend_connections: gauge(
    'Connections and UDP sessions of the proxy to a backend; not told with more than 2,000 backends in all',
    ['service', 'backend'],
  ),
  fulcrum_proxy_backend_connections_total: counter(
    'Connections and UDP sessions that the proxy gave to a backend; as above',
    ['service', 'backend'],
  ),
  fulcrum_proxy_backend_bytes_total: counter('Bytes proxied: in = from clients to the backend, out = back; as above', [
    'service',
    'backend',
    'direction',
  ]),
});

/** The proxy threads tell the sums of whole services themselves. */
export const proxyMetrics: TrafficMetrics = {
  gauges: [[metrics.fulcrum_proxy_backend_connections, {}, 'active']],
  counters: [
    [metrics.fulcrum_proxy_backend_connections_total, {}, 'connections'],
    [metrics.fulcrum_proxy_backend_bytes_total, { direction: 'in' }, 'bytesIn'],
    [metrics.fulcrum_proxy_backend_bytes_total, { direction: 'out' }, 'bytesOut'],
  ],
};
