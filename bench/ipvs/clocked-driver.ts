/** A data plane that is a table in memory, and tells when it was asked for which change: the end of the decision path. */
import type { OpenDriver } from '../../src/dataplane/driver.js';
import { openDryRun } from '../../src/dataplane/drivers/dry-run/driver.js';
import { monotonicNow } from '../../src/os/clock/clock.js';
import { silentLog } from '../../src/workers/host/dry-context.js';

/** The `op` of the event that tells of a call: `what` has its kinds of changes, `why` the monotonic clock. */
export const ASKED = 'asked';

export const openDriver: OpenDriver = async (context) => {
  const driver = await openDryRun({ log: silentLog });
  return {
    ...driver,
    kind: 'custom',
    apply(changes) {
      const atNs = monotonicNow();
      const what = changes.map(({ kind }) => kind).join(' ');
      context.event({ type: 'dataplane', op: ASKED, what, why: String(atNs) });
      return driver.apply(changes);
    },
  };
};
