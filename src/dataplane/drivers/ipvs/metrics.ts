import type { TrafficMetrics } from '../../driver.js';

export const ipvsMetrics: TrafficMetrics = {
  gauges: [
    ['fulcrum_ipvs_connections', { state: 'active' }, 'active'],
    ['fulcrum_ipvs_connections', { state: 'inactive' }, 'inactive'],
  ],
  counters: [
    ['fulcrum_ipvs_connections_total', {}, 'connections'],
    ['fulcrum_ipvs_packets_total', { direction: 'in' }, 'packetsIn'],
    ['fulcrum_ipvs_packets_total', { direction: 'out' }, 'packetsOut'],
    ['fulcrum_ipvs_bytes_total', { direction: 'in' }, 'bytesIn'],
    ['fulcrum_ipvs_bytes_total', { direction: 'out' }, 'bytesOut'],
  ],
};
