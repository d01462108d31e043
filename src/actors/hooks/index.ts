/** Tells hooks what happens: hears all actors, keeps it in a journal, and tells each hook in order, at least once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HookConfig } from '../../config/sections/hooks.js';
import { Dispatcher, type Run } from '../../machines/hooks/dispatcher.js';
import type { HookJournal } from '../../machines/hooks/journal.js';
import { factsOf, PresentStates } from '../../machines/hooks/present-states.js';
import { Alarms } from '../../machines/telemetry/alarms.js';
import type { Config } from '../../model/config.js';
import type { EventBody, FulcrumEvent } from '../../model/observing/events.js';
import { msFromNs } from '../../model/units.js';
import { entryId, hookDocument, shortened } from '../../wire/hooks/document.js';
import { keepalivedWords } from '../../wire/hooks/keepalived-words.js';
import { type News, observationLink, type Telemetry } from '../../wire/links/telemetry.js';
import type { Actor, ActorContext, ActorFactory } from '../../workers/actor.js';
import { JournalFile, loadJournal } from './journal-file.js';
import type { Outcome } from './message.js';
import { metrics } from './metrics.js';
import { Teller } from './teller.js';
import { WordSource } from './word-source.js';

/** An event tells of a state first; what none has told after so long is told as it stands. */
const SETTLE_MS = 1000;
/** What waits is looked at so often. */
const LAG_LOOK_MS = 5000;
/** A hook that is so far behind is told of. */
const LAG_MS = 60_000;
const ALARM_SPACING_NS = 300e9;
/** At a stop, what was said last is told: within the time that the supervisor gives, the end of a killed command included. */
const LAST_WORDS_MS = 2500;
/** The last messages are in the ports still. */
const LAST_TURN_MS = 20;

const GONE: Outcome = { result: 'failed', why: 'it is gone' };

export const createHooks: ActorFactory = async (context) =>
  new Hooks(context, await loadJournal(context.config.node.stateDir, context));

class Hooks implements Actor {
  readonly #context: ActorContext;
  readonly #journal: HookJournal;
  readonly #file: JournalFile;
  readonly #dispatcher: Dispatcher;
  readonly #present = new PresentStates();
  readonly #words: WordSource;
  readonly #teller = new Teller();
  readonly #abort = new AbortController();
  readonly #runs = new Set<Promise<void>>();
  readonly #lagTimer: NodeJS.Timeout;
  readonly #alarms: Alarms<'hook-lag' | 'hook-failed'>;
  #hooks: readonly HookConfig[];
  #node: string;
  #settle: NodeJS.Timeout | null = null;
  #wake: NodeJS.Timeout | null = null;
  #begun = false;

  constructor(context: ActorContext, journal: HookJournal) {
    const { config } = context;
    this.#context = context;
    this.#journal = journal;
    this.#hooks = config.hooks;
    this.#node = config.node.name;
    this.#words = new WordSource(config);
    this.#dispatcher = new Dispatcher(journal, Math.random);
    this.#dispatcher.configure(config.hooks);
    this.#file = new JournalFile(config.node.stateDir, journal, context, () => this.#pump());
    this.#alarms = new Alarms(ALARM_SPACING_NS, (alarm, why) => context.event({ type: 'alarm', alarm, why }));
    this.#lagTimer = setInterval(() => this.#lookForLag(), LAG_LOOK_MS);
    context.links(observationLink, 'b').subscribe(({ in$ }) => in$.subscribe((told) => this.#hear(told)));
  }

  begin(): void {
    this.#begun = true;
    this.#file.begin();
  }

  configure(config: Config): void {
    this.#hooks = config.hooks;
    this.#node = config.node.name;
    this.#words.configure(config);
    this.#dispatcher.configure(config.hooks);
    void this.#teller.configure(config.hooks);
    this.#pump();
  }

  async stop(): Promise<void> {
    clearInterval(this.#lagTimer);
    await sleep(LAST_TURN_MS);
    const limit = sleep(LAST_WORDS_MS, undefined, { ref: false });
    await Promise.race([limit, this.#idle()]);
    this.#begun = false;
    this.#abort.abort();
    for (const timer of [this.#wake, this.#settle]) if (timer !== null) clearTimeout(timer);
    await Promise.all(this.#runs);
    await this.#teller.configure([]);
    await this.#file.close();
  }

  async #idle(): Promise<void> {
    do {
      await this.#file.flushed();
      await Promise.all(this.#runs);
    } while (this.#runs.size > 0);
  }

  #hear(told: Telemetry): void {
    if (told.kind === 'news') for (const news of told.news) this.#news(news);
    else if (told.kind === 'event' || told.kind === 'state' || told.kind === 'state-gone') this.#news(told);
  }

  #news(news: News): void {
    if (news.kind === 'event') this.#keep(news.event, { present: false, only: null });
    if (news.kind === 'state') this.#words.hear(news.item);
    if (this.#present.hear(news)) this.#settle ??= setTimeout(() => this.#settled(), SETTLE_MS);
  }

  #settled(): void {
    this.#settle = null;
    for (const body of this.#present.takeUntold()) this.#keepPresent(body, null);
  }

  #keepPresent(body: EventBody, only: string | null): void {
    const event: FulcrumEvent = { ...body, atMs: Date.now(), actor_name: this.#context.name };
    this.#keep(event, { present: true, only });
  }

  #keep(event: FulcrumEvent, how: { readonly present: boolean; readonly only: string | null }): void {
    const fact = { ...factsOf(event), ...how, words: keepalivedWords(event, this.#words), event: shortened(event) };
    if (this.#journal.wanted(fact)) this.#file.add(this.#journal.append(fact));
  }

  #pump(): void {
    if (!this.#begun) return;
    for (;;) {
      const run = this.#dispatcher.next(this.#nowMs(), this.#file.durable);
      if (run === null) break;
      const running = this.#run(run).finally(() => this.#runs.delete(running));
      this.#runs.add(running);
    }
    const wakeMs = this.#dispatcher.wakeMs();
    if (this.#wake !== null) clearTimeout(this.#wake);
    this.#wake = wakeMs === null ? null : setTimeout(() => this.#pump(), Math.max(1, wakeMs - this.#nowMs()));
  }

  async #run(run: Run): Promise<void> {
    const setting = this.#hooks.find(({ name }) => name === run.hook);
    const outcome: Outcome = setting === undefined ? GONE : await this.#tell(setting, run);
    if (outcome.result === 'aborted') return;
    const { meter, log } = this.#context;
    meter.count(metrics.fulcrum_hook_runs_total, { hook: run.hook, result: outcome.result });
    const { verdict, record, missed } = this.#dispatcher.ended(run.hook, outcome.result === 'ok', this.#nowMs());
    if (record !== null) this.#file.add(record);
    if (outcome.result !== 'ok') {
      const { hook, attempt } = run;
      const { seq } = run.due.entry;
      log.warn({ hook, seq, attempt, verdict, why: outcome.why }, `the hook ${hook} was not told: ${outcome.why}`);
      if (verdict === 'given-up') {
        meter.count(metrics.fulcrum_hook_lost_total, { hook });
        this.#raise(
          'hook-failed',
          hook,
          `the hook ${hook} was not told of event ${seq}, ${attempt} times: ${outcome.why}`,
        );
      }
    }
    if (missed > 0) for (const body of this.#present.all()) this.#keepPresent(body, run.hook);
    this.#pump();
  }

  async #tell(hook: HookConfig, { due, attempt }: Run): Promise<Outcome> {
    const { entry, missed } = due;
    const teller = { node: this.#node, hook: hook.name, epoch: this.#journal.epoch };
    return this.#teller.tell({
      hook,
      node: this.#node,
      id: entryId(teller.epoch, entry),
      entry,
      document: `${hookDocument(teller, { entry, missed, attempt })}\n`,
      words: entry.words ?? [],
      facts: {
        FULCRUM_NODE: this.#node,
        FULCRUM_HOOK: hook.name,
        FULCRUM_SEQ: String(entry.seq),
        FULCRUM_MISSED: String(missed),
        FULCRUM_PRESENT: entry.present ? '1' : '0',
      },
      signal: this.#abort.signal,
    });
  }

  #lookForLag(): void {
    for (const { name } of this.#hooks) {
      const { count, sinceMs } = this.#journal.waiting(name);
      this.#context.meter.gauge(metrics.fulcrum_hook_waiting, { hook: name }, count);
      const lateMs = sinceMs === null ? 0 : Date.now() - sinceMs;
      if (lateMs < LAG_MS) continue;
      const failures = this.#dispatcher.failures(name);
      const why = failures === 0 ? 'it is slower than what happens' : `the last ${failures} attempts failed`;
      const late = Math.round(lateMs / 1000);
      this.#raise('hook-lag', name, `the hook ${name} is ${late} s behind, with ${count} events that wait: ${why}`);
    }
  }

  #raise(alarm: 'hook-lag' | 'hook-failed', hook: string, why: string): void {
    this.#alarms.raise(alarm, why, this.#context.now(), hook);
  }

  #nowMs(): number {
    return msFromNs(this.#context.now());
  }
}
