import type { CheckView } from '../../model/observing/views.js';
import { addressText } from './targets/probe-spec.js';
import type { Target } from './targets/targets.js';

export const checkView = ({ spec, status }: Pick<Target<unknown>, 'spec' | 'status'>): CheckView => ({
  type: spec.check.type,
  target: addressText(spec.host, spec.port),
  state: status.state,
  failures: status.failures,
  successes: status.successes,
  last_check: status.lastCheckMs === 0 ? null : new Date(status.lastCheckMs).toISOString(),
  duration_ms: status.durationNs / 1e6,
  message: status.message,
});
