import type { Shortage } from '../../model/probe.js';
import type { Clock } from '../../model/units.js';
import type { ActorContext } from '../../workers/actor.js';
import { ALARM_PERIOD_NS } from './limits.js';

type Told = { atNs: number; since: number };

/** Says that this host itself cannot check as it should: each time in a counter, and now and then in an event and the log. */
export class Alarms {
  readonly #context: Pick<ActorContext, 'meter' | 'event' | 'log'>;
  readonly #now: Clock;
  readonly #told = new Map<Shortage, Told>();

  constructor(context: Pick<ActorContext, 'meter' | 'event' | 'log'>, now: Clock) {
    this.#context = context;
    this.#now = now;
  }

  raise(shortage: Shortage, message: string): void {
    this.#context.meter.count('fulcrum_check_alarms_total', { resource: shortage });
    const nowNs = this.#now();
    const told = this.#told.get(shortage) ?? { atNs: Number.NEGATIVE_INFINITY, since: 0 };
    this.#told.set(shortage, told);
    told.since += 1;
    if (nowNs - told.atNs < ALARM_PERIOD_NS) return;
    const why = told.since === 1 ? message : `${message} (${told.since} times since the last alarm)`;
    told.atNs = nowNs;
    told.since = 0;
    this.#context.event({ type: 'alarm', alarm: `checks-${shortage}`, why });
    this.#context.log.warn({ resource: shortage }, why);
  }
}
