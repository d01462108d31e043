import type { TrafficMetrics } from '../../driver.js';

/** The proxy threads tell the sums of whole services themselves. */
export const proxyMetrics: TrafficMetrics = {
  gauges: [['fulcrum_proxy_backend_connections', {}, 'active']],
  counters: [
    ['fulcrum_proxy_backend_connections_total', {}, 'connections'],
    ['fulcrum_proxy_backend_bytes_total', { direction: 'in' }, 'bytesIn'],
    ['fulcrum_proxy_backend_bytes_total', { direction: 'out' }, 'bytesOut'],
  ],
};
