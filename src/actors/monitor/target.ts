import type { Checker, FailureCause, Outcome, PreparedProbe, ProbeSpec, RunningProbe } from '../../checks/checker.js';
import { type Grid, gridOf } from '../../machines/schedule.js';
import type { TargetHealth } from '../../machines/target-health.js';
import { ownString } from '../../wire/own-string.js';
import type { TargetAssignment, TargetKey, TargetState, TargetStatus } from '../../wire/target-link.js';
import { type Nanoseconds, ns } from '../../wire/units.js';
import type { Host } from './admission.js';
import type { ProbeSeries } from './probe-series.js';

/** `queued`: due, but its host or the shard has as many probes under way as it may. `gone`: taken from the shard. */
export type Course = 'waiting' | 'queued' | 'probing' | 'gone';

export type TargetParts = {
  readonly id: number;
  readonly checker: Checker;
  readonly series: ProbeSeries;
  readonly host: Host<Target>;
  readonly done: (target: Target, outcome: Outcome) => void;
  /** The peer has told that something changed. */
  readonly news: (target: Target) => void;
};

/** Marked probes all go to the virtual IP: the mark tells which backend gets them. */
export const hostKey = (spec: ProbeSpec): string => (spec.mark === null ? spec.host : `mark ${spec.mark}`);

/** One target of a shard: what to probe, how it is, and where it is in its schedule. */
export class Target {
  readonly key: TargetKey;
  readonly spec: ProbeSpec;
  readonly grid: Grid;
  /** Its timer in the wheel; the slot of the shard's list of targets. */
  readonly id: number;
  readonly prober: PreparedProbe;
  readonly series: ProbeSeries;
  /** Whom the limit of concurrent probes is counted for. */
  readonly host: Host<Target>;

  /** Its health, as `stepHealth` reads it: numbers here rather than an object for each result. */
  state: TargetState = 'unknown';
  failures = 0;
  successes = 0;
  probes = 0;
  passed = 0;
  lastCheckMs = 0;
  durationNs: Nanoseconds = ns(0);
  cause: FailureCause | null = null;
  message = '';

  course: Course = 'waiting';
  /** The last `replace` that named it. */
  generation = 0;
  /** The probe that is next or under way: its grid point (for a first probe, its place in the line), and with its jitter. */
  pointNs: Nanoseconds = ns(0);
  dueNs: Nanoseconds = ns(0);
  first = true;
  /** The due time before this one was left out: this one is not, or a slow shard would never probe it. */
  skipped = false;

  probe: RunningProbe | null = null;
  /** Its status waits to be told. */
  unseen = false;
  startedNs: Nanoseconds = ns(0);
  deadlineNs: Nanoseconds = ns(0);
  /** The shard's total of stalls when the probe began. */
  stalledBeforeNs: Nanoseconds = ns(0);

  constructor(assignment: TargetAssignment, parts: TargetParts) {
    const { key, spec, resume } = assignment;
    this.key = ownString(key);
    this.spec = spec;
    this.id = parts.id;
    this.series = parts.series;
    this.host = parts.host;
    this.grid = gridOf(key, spec.check.intervalNs);
    const done = (outcome: Outcome): void => parts.done(this, outcome);
    const { checker } = parts;
    const news = (): void => parts.news(this);
    this.prober = checker.prepare?.(spec, done, news) ?? { start: () => checker.start(spec, done) };
    if (resume !== null && resume.state !== 'unknown') this.#resume(resume);
  }

  #resume(status: TargetStatus): void {
    this.takeHealth(status);
    this.probes = status.probes;
    this.passed = status.passed;
    this.lastCheckMs = status.lastCheckMs;
    this.durationNs = status.durationNs;
    this.cause = status.cause;
    this.message = status.message;
  }

  takeHealth({ state, failures, successes }: TargetHealth): void {
    this.state = state;
    this.failures = failures;
    this.successes = successes;
  }

  status(): TargetStatus {
    return {
      key: this.key,
      state: this.state,
      failures: this.failures,
      successes: this.successes,
      probes: this.probes,
      passed: this.passed,
      lastCheckMs: this.lastCheckMs,
      durationNs: this.durationNs,
      cause: this.cause,
      message: this.message,
    };
  }
}
