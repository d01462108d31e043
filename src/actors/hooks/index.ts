/** Tells hooks what happens: hears all actors, keeps it in a journal, and tells each hook in order, at least once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HookConfig } from '../../config/sections/hooks.js';
import { Dispatcher, type Run } from '../../machines/hooks/dispatcher.js';
import type { HookJournal } from '../../machines/hooks/journal.js';
import { factsOf, PresentStates } from '../../machines/hooks/present-states.js';
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
import { Watch } from './watch.js';
import { WordSource } from './word-source.js';

/** An event tells of a state first; what none has told after so long is told as it stands. */
const SETTLE_MS = 1000;
/** A quarter of the journal: more would push itself out of it. */
const MAX_RESYNC = 2500;
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
  readonly #watch: Watch;
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
    this.#watch = new Watch(context, journal, this.#dispatcher);
    this.#watch.configure(config.hooks.map(({ name }) => name));
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
    this.#watch.configure(config.hooks.map(({ name }) => name));
    void this.#teller.configure(config.hooks);
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#watch.stop();
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
      this.#watch.failed(hook, outcome.why);
      if (verdict === 'given-up') {
        this.#watch.givenUp(hook, `the hook ${hook} was not told of event ${seq}, ${attempt} times: ${outcome.why}`);
      }
    }
    if (missed > 0) this.#resync(run.hook, missed);
    this.#pump();
  }

  /** A hook that missed something is told how things stand. */
  #resync(hook: string, missed: number): void {
    const all = this.#present.all();
    this.#context.log.warn({ hook, missed }, `the hook ${hook} missed ${missed} events`);
    if (all.length > MAX_RESYNC) {
      const why = `the hook ${hook} is not told how all stands: ${all.length} things are more than ${MAX_RESYNC}`;
      this.#context.log.warn({ hook }, why);
    }
    for (const body of all.slice(0, MAX_RESYNC)) this.#keepPresent(body, hook);
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

  #nowMs(): number {
    return msFromNs(this.#context.now());
  }
}
