/** What the trackers count. */
import { counter, defineMetrics, gauge, histogram, secondsFrom100us } from '../../model/observing/metrics.js';

export const metrics = defineMetrics({
  fulcrum_track_up: gauge('1 where a tracked script, process or file is good', ['kind', 'name'], 'absent until told'),
  fulcrum_track_file_value: gauge('The number in a tracked file', ['name'], 'absent until told'),
  fulcrum_track_processes: gauge('How many processes of a tracked name run', ['name'], 'absent until told'),
  fulcrum_track_script_runs_total: counter('Runs of tracked scripts: good, bad, timed-out, not-started, or skipped', [
    'name',
    'result',
  ]),
  fulcrum_track_script_seconds: histogram('How long a run took', ['name'], secondsFrom100us),
});
