/** What a proxy thread counts. */
import { counter, defineMetrics, gauge } from '../../model/observing/metrics.js';

export const metrics = defineMetrics({
  fulcrum_proxy_connections: gauge('Open client connections of the proxy', ['service']),
  fulcrum_proxy_connections_total: counter('Client connections that the proxy accepted or refused', [
    'service',
    'result',
  ]),
  fulcrum_proxy_bytes_total: counter('Bytes proxied', ['service', 'direction']),
});
