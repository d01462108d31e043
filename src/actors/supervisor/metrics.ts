/** What the supervisor counts. */
import { counter, defineMetrics, gauge } from '../../model/observing/metrics.js';

export const metrics = defineMetrics({
  fulcrum_reload_success: gauge(
    '1 after a configuration was applied, 0 after the last one was refused: the one before it stays in effect',
    [],
    'absent until told',
  ),
  fulcrum_actor_restarts_total: counter('Restarts by the supervisor', ['actor']),
  fulcrum_hanging_threads: gauge(
    'Killed threads that have not ended, as they hang in a system call; each keeps its memory',
    [],
  ),
  fulcrum_actor_mailbox: gauge('Messages that wait for an actor', ['actor']),
});
