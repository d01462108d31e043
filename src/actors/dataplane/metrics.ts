/** What the data plane counts, whatever its driver. */
import type { DriverDescriptor } from '../../dataplane/descriptor.js';
import { drivers } from '../../dataplane/drivers.js';
import { counter, defineMetrics, histogram, secondsFrom10us } from '../../model/observing/metrics.js';

export const metrics = defineMetrics({
  fulcrum_ipvs_updates_total: counter('Writes to the data plane', ['op', 'result']),
  fulcrum_ipvs_update_seconds: histogram(
    'From the engine’s message to the acknowledgement of the driver',
    [],
    secondsFrom10us,
  ),
  fulcrum_ipvs_drift_total: counter('Entries that someone else changed, and that were repaired', []),
});

/** The drivers' own too. */
export const allMetrics = Object.assign({}, metrics, ...drivers.map((driver: DriverDescriptor) => driver.metrics));
