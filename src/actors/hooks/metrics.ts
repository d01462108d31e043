import { counter, defineMetrics, gauge } from '../../model/observing/metrics.js';

export const metrics = defineMetrics({
  fulcrum_hook_runs_total: counter('Attempts of hooks; result: ok, failed, timeout', ['hook', 'result']),
  fulcrum_hook_lost_total: counter('Events that a hook was never told', ['hook']),
  fulcrum_hook_waiting: gauge('Events that wait for a hook', ['hook']),
});
