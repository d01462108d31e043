import { counter, defineMetrics, gauge } from '../../../model/observing/metrics.js';
import type { TrafficMetrics } from '../../driver.js';

export const metrics = defineMetrics({
  fulcrum_ipvs_connections: gauge(
    'Connections that the kernel knows of: active = established, inactive = in any other state',
    ['service', 'backend', 'state'],
  ),
  fulcrum_ipvs_connections_total: counter('Connections that the kernel scheduled', ['service', 'backend']),
  fulcrum_ipvs_packets_total: counter(
    'Packets that the kernel forwarded: in = from clients, out = to clients (NAT alone sees those)',
    ['service', 'backend', 'direction'],
  ),
  fulcrum_ipvs_bytes_total: counter(
    'Bytes that the kernel forwarded: in = from clients, out = to clients (NAT alone sees those)',
    ['service', 'backend', 'direction'],
  ),
});

export const ipvsMetrics: TrafficMetrics = {
  gauges: [
    [metrics.fulcrum_ipvs_connections, { state: 'active' }, 'active'],
    [metrics.fulcrum_ipvs_connections, { state: 'inactive' }, 'inactive'],
  ],
  counters: [
    [metrics.fulcrum_ipvs_connections_total, {}, 'connections'],
    [metrics.fulcrum_ipvs_packets_total, { direction: 'in' }, 'packetsIn'],
    [metrics.fulcrum_ipvs_packets_total, { direction: 'out' }, 'packetsOut'],
    [metrics.fulcrum_ipvs_bytes_total, { direction: 'in' }, 'bytesIn'],
    [metrics.fulcrum_ipvs_bytes_total, { direction: 'out' }, 'bytesOut'],
  ],
};
