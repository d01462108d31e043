/** What the engine’s pushed state says in numbers. */
import { defineMetrics, gauge } from '../../model/observing/metrics.js';

export const metrics = defineMetrics({
  fulcrum_backends: gauge('Backends of a service in a state', ['service', 'state']),
  fulcrum_backend_weight: gauge('What the data plane is told: 0 while the backend takes no new connections', [
    'service',
    'backend',
  ]),
  fulcrum_maintenance: gauge('1 while the node is in maintenance', []),
  fulcrum_service_healthy: gauge('1 while the service is healthy', ['service']),
  fulcrum_service_enabled: gauge('0 while the service is taken out on purpose, by the configuration or an operator', [
    'service',
  ]),
});
