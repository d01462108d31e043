import { Alarms } from '../../machines/telemetry/alarms.js';
import type { Shortage } from '../../model/probe.js';
import type { Clock } from '../../model/units.js';
import type { ActorContext } from '../../workers/actor.js';
import { metrics } from './metrics.js';
import { ALARM_PERIOD_NS } from './shard-limits.js';

/** Says that this host itself cannot check as it should: each time in a counter, and now and then in an event and the log. */
export function shortageAlarms(
  { meter, event, log }: Pick<ActorContext, 'meter' | 'event' | 'log'>,
  now: Clock,
): (shortage: Shortage, message: string) => void {
  const alarms = new Alarms<Shortage>(ALARM_PERIOD_NS, (resource, message, times) => {
    const why = times === 1 ? message : `${message} (${times} times since the last alarm)`;
    event({ type: 'alarm', alarm: `checks-${resource}`, why });
    log.warn({ resource }, why);
  });
  return (resource, message) => {
    meter.count(metrics.fulcrum_check_alarms_total, { resource });
    alarms.raise(resource, message, now());
  };
}
