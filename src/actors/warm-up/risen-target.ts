import type { TargetKey } from '../../model/states.js';
import { ns } from '../../model/units.js';
import type { TargetStatus } from '../../wire/links/targets.js';

/** How an imagined target is before it dies in a rehearsal: its one probe so far was answered. */
export const risen = (key: TargetKey): TargetStatus => ({
  key,
  state: 'healthy',
  failures: 0,
  successes: 1,
  probes: 1,
  passed: 1,
  lastCheckMs: 1,
  durationNs: ns(1),
  cause: null,
  message: 'connected',
});
