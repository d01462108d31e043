/** One tracked script: when it runs, and what its runs say. */
import { initialHealth, stepScript } from '../../machines/tracking/script-health.js';
import type { TrackedScript } from '../../model/config.js';
import { messageOf } from '../../model/errors.js';
import { type Clock, msFromNs, NS_PER_MS, NS_PER_S, ns } from '../../model/units.js';
import type { CommandOptions, CommandResult } from '../../os/process/run-command.js';
import { formatHumantime } from '../../wire/text/humantime.js';
import { shorten } from '../../wire/text/shorten.js';
import type { ActorContext } from '../../workers/actor.js';
import type { Tracker } from './members.js';
import { metrics } from './metrics.js';
import type { Reports } from './reports.js';

export type ScriptParts = Pick<ActorContext, 'meter'> & {
  readonly now: Clock;
  readonly reports: Pick<Reports, 'report'>;
  readonly runCommand: (options: CommandOptions) => Promise<CommandResult>;
};

/** Of what it writes, the first line is shown. */
const MAX_OUTPUT_BYTES = 4096;
const SHOWN_CHARACTERS = 200;
/** Scripts that begin together are spread over one interval, but none waits longer than this for its first run. */
const MAX_SPREAD_NS = 500 * NS_PER_MS;

type Verdict = { readonly good: boolean; readonly result: string; readonly why: string };

export class ScriptTracker implements Tracker<TrackedScript> {
  readonly #name: string;
  readonly #parts: ScriptParts;
  readonly #abort = new AbortController();
  #script: TrackedScript;
  #health: ReturnType<typeof initialHealth>;
  #timer: NodeJS.Timeout;
  #nextNs: number;
  #running: Promise<void> | null = null;

  /** `phase`: 0 to 1, where in the interval it begins. */
  constructor(name: string, script: TrackedScript, parts: ScriptParts, phase: number) {
    this.#name = name;
    this.#script = script;
    this.#parts = parts;
    this.#health = initialHealth(script.initially);
    this.#nextNs = parts.now() + phase * Math.min(script.intervalNs, MAX_SPREAD_NS);
    this.#timer = this.#sleep();
  }

  configure(script: TrackedScript): void {
    // What it counted goes on; a shorter interval begins at once.
    this.#nextNs = Math.min(this.#nextNs, this.#parts.now() + script.intervalNs);
    this.#script = script;
    clearTimeout(this.#timer);
    this.#timer = this.#sleep();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#abort.abort();
    await this.#running;
  }

  #sleep(): NodeJS.Timeout {
    const waitMs = Math.max(0, this.#nextNs - this.#parts.now()) / NS_PER_MS;
    return setTimeout(() => this.#due(), waitMs);
  }

  #due(): void {
    const { intervalNs } = this.#script;
    // Absolute, so that no lateness adds up; points that were slept through are left out.
    const passed = Math.floor((this.#parts.now() - this.#nextNs) / intervalNs);
    this.#nextNs += Math.max(1, passed + 1) * intervalNs;
    this.#timer = this.#sleep();
    if (this.#running !== null) {
      this.#count('skipped');
      return;
    }
    this.#running = this.#run(this.#script).finally(() => {
      this.#running = null;
    });
  }

  /** What does not end in time is bad at that moment, however long it takes to kill it. */
  async #run(script: TrackedScript): Promise<void> {
    const beganNs = this.#parts.now();
    const timeoutMs = msFromNs(script.timeoutNs);
    let judged = false;
    const judge = (verdict: Verdict, output: string): void => {
      if (judged || this.#abort.signal.aborted) return;
      judged = true;
      this.#judge(verdict, output);
    };
    const limit = setTimeout(() => judge(verdictOf({ kind: 'timed-out' }, script), ''), timeoutMs);
    const options = { command: script.command, user: script.user, environment: {}, input: null, timeoutMs };
    try {
      const result = await this.#parts.runCommand({
        ...options,
        maxOutputBytes: MAX_OUTPUT_BYTES,
        signal: this.#abort.signal,
      });
      judge(verdictOf(result, script), firstLine(result.output));
    } catch (error) {
      judge({ good: false, result: 'not-started', why: messageOf(error) }, '');
    } finally {
      clearTimeout(limit);
      const seconds = (this.#parts.now() - beganNs) / NS_PER_S;
      this.#parts.meter.observe(metrics.fulcrum_track_script_seconds, { name: this.#name }, seconds);
    }
  }

  #judge({ good, result, why }: Verdict, output: string): void {
    this.#count(result);
    const { health, up } = stepScript(this.#health, good, this.#script);
    this.#health = health;
    if (up !== null) this.#parts.reports.report('script', this.#name, { up, value: 0, why }, output);
  }

  #count(result: string): void {
    this.#parts.meter.count(metrics.fulcrum_track_script_runs_total, { name: this.#name, result });
  }
}

type End = Pick<CommandResult, 'kind'> & Partial<{ code: number; signal: string; message: string }>;

function verdictOf({ kind, code, signal, message = '' }: End, { timeoutNs }: TrackedScript): Verdict {
  switch (kind) {
    case 'exited':
      return { good: code === 0, result: code === 0 ? 'good' : 'bad', why: `exit code ${code}` };
    case 'signalled':
      return { good: false, result: 'bad', why: `ended by ${signal}` };
    case 'timed-out':
      return { good: false, result: kind, why: `did not end within ${formatHumantime(ns(timeoutNs))}` };
    case 'not-started':
      return { good: false, result: kind, why: message };
    case 'aborted':
      return { good: false, result: 'bad', why: 'stopped' };
    default:
      return kind satisfies never;
  }
}

const firstLine = (output: string): string =>
  shorten(/^[^\r\n]*/.exec(output.trim())?.[0].replace(/\p{Cc}/gu, ' ') ?? '', SHOWN_CHARACTERS);
