import type { Dispatcher } from '../../machines/hooks/dispatcher.js';
import type { HookJournal } from '../../machines/hooks/journal.js';
import { Alarms } from '../../machines/telemetry/alarms.js';
import type { ActorContext } from '../../workers/actor.js';
import { metrics } from './metrics.js';

/** What waits is looked at so often. */
const LAG_LOOK_MS = 5000;
/** A hook that is so far behind is told of. */
const LAG_MS = 60_000;
const ALARM_SPACING_NS = 300e9;

/** How hooks are: in the status, in gauges, and as alarms where one is behind. */
export class Watch {
  readonly #context: ActorContext;
  readonly #journal: HookJournal;
  readonly #dispatcher: Dispatcher;
  readonly #alarms: Alarms<'hook-lag' | 'hook-failed'>;
  readonly #timer: NodeJS.Timeout;
  /** By hook: why its last failure was one, and what was told of it. */
  readonly #hooks = new Map<string, { lastError: string | null; told: string }>();

  constructor(context: ActorContext, journal: HookJournal, dispatcher: Dispatcher) {
    this.#context = context;
    this.#journal = journal;
    this.#dispatcher = dispatcher;
    this.#alarms = new Alarms(ALARM_SPACING_NS, (alarm, why) => context.event({ type: 'alarm', alarm, why }));
    this.#timer = setInterval(() => this.#look(), LAG_LOOK_MS);
  }

  configure(names: readonly string[]): void {
    for (const gone of [...this.#hooks.keys()].filter((name) => !names.includes(name))) {
      this.#hooks.delete(gone);
      this.#context.state(`hook/${gone}`, null);
    }
    for (const name of names) this.#hooks.set(name, this.#hooks.get(name) ?? { lastError: null, told: '' });
    this.#look();
  }

  failed(hook: string, why: string): void {
    const known = this.#hooks.get(hook);
    if (known === undefined) return;
    known.lastError = why;
    this.#tell(hook);
  }

  givenUp(hook: string, why: string): void {
    this.#context.meter.count(metrics.fulcrum_hook_lost_total, { hook });
    this.#alarms.raise('hook-failed', why, this.#context.now(), hook);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const name of this.#hooks.keys()) this.#tell(name);
  }

  #tell(name: string): void {
    const known = this.#hooks.get(name);
    if (known === undefined) return;
    const { count: waiting, sinceMs } = this.#journal.waiting(name);
    const failures = this.#dispatcher.failures(name);
    const key = `hook/${name}`;
    const view = { name, waiting, failures, last_error: known.lastError };
    const told = JSON.stringify(view);
    if (told !== known.told) this.#context.state(key, { type: 'hook', key, view });
    known.told = told;
    this.#context.meter.gauge(metrics.fulcrum_hook_waiting, { hook: name }, waiting);
    const lateMs = sinceMs === null ? 0 : Date.now() - sinceMs;
    if (lateMs < LAG_MS) return;
    const why = failures === 0 ? 'it is slower than what happens' : `the last ${failures} attempts failed`;
    const late = Math.round(lateMs / 1000);
    const text = `the hook ${name} is ${late} s behind, with ${waiting} events that wait: ${why}`;
    this.#alarms.raise('hook-lag', text, this.#context.now(), name);
  }
}
