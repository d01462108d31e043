/** What the trackers found out: told once a change, and all of it to a VRRP that knows nothing yet. */
import type { TrackedFact } from '../../machines/vrrp/tracking.js';
import type { TrackedKind } from '../../model/config.js';
import type { ToVrrp } from '../../wire/links/vrrp-states.js';
import type { ActorContext } from '../../workers/actor.js';
import { metrics } from './metrics.js';

type Report = Extract<ToVrrp, { kind: 'tracked' }>;

export class Reports {
  readonly #out: Pick<ActorContext, 'log' | 'meter' | 'event'>;
  readonly #tell: (report: Report) => void;
  readonly #last = new Map<string, Report>();

  constructor(out: Pick<ActorContext, 'log' | 'meter' | 'event'>, tell: (report: Report) => void) {
    this.#out = out;
    this.#tell = tell;
  }

  /** `detail` is for people, and may be another one each time: alone it is no news. */
  report(thing: TrackedKind, name: string, fact: TrackedFact, detail = ''): void {
    const { up, value, why } = fact;
    const key = `${thing}/${name}`;
    const before = this.#last.get(key);
    const isNews = before?.up !== up || before.value !== value;
    if (!isNews && before.why === why) return;
    const report: Report = { kind: 'tracked', thing, name, up, value, why };
    this.#last.set(key, report);
    this.#tell(report);
    if (!isNews) return;
    const { log, meter, event } = this.#out;
    const words = detail === '' ? why : `${why}: ${detail}`;
    meter.gauge(metrics.fulcrum_track_up, { kind: thing, name }, up ? 1 : 0);
    log[up ? 'info' : 'warn']({ thing, name, up, value }, `tracked ${thing} ${name}: ${words}`);
    event({ type: 'track-state', thing, name, up, value, why: words });
  }

  /** It is no longer tracked. */
  forget(thing: TrackedKind, name: string): void {
    this.#last.delete(`${thing}/${name}`);
  }

  tellAll(): void {
    for (const report of this.#last.values()) this.#tell(report);
  }
}
