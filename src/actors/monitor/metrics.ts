/** What a monitor shard counts. */
import {
  counter,
  defineMetrics,
  gauge,
  histogram,
  secondsFrom10us,
  secondsFrom100us,
} from '../../model/observing/metrics.js';

export const metrics = defineMetrics({
  fulcrum_checks_total: counter('Probes that ended; result error means that the fault was ours, not the target’s', [
    'type',
    'result',
  ]),
  fulcrum_check_duration_seconds: histogram('Duration of a probe', ['type'], secondsFrom100us),
  fulcrum_check_lateness_seconds: histogram('How long after its due time a probe started', [], secondsFrom10us),
  fulcrum_check_alarms_total: counter(
    'Times that a resource of this host ran short for checks: descriptors, ports, buffers, time',
    ['resource'],
  ),
  fulcrum_targets: gauge('Deduplicated probes that a monitor shard runs', ['actor']),
});
