import type { TargetHealth } from '../../machines/health/target-health.js';
import { type Grid, gridOf } from '../../machines/scheduling/schedule.js';
import type { CheckConfig } from '../../model/config.js';
import type {
  Checker,
  CheckWeight,
  FailureCause,
  Outcome,
  PreparedProbe,
  ProbeOwner,
  ProbeSpec,
  RunningProbe,
} from '../../model/probe.js';
import type { TargetKey, TargetState } from '../../model/states.js';
import { type Nanoseconds, ns } from '../../model/units.js';
import type { TargetAssignment, TargetStatus } from '../../wire/links/targets.js';
import { ownString } from '../../wire/text/own-string.js';
import type { Host } from './admission.js';
import type { ProbeSeries } from './probe-series.js';
import { type TargetTimes, TIME } from './target-times.js';

/** `queued`: due, but its host or the shard has as many probes under way as it may. `gone`: taken from the shard. */
export type Course = 'waiting' | 'queued' | 'probing' | 'gone';

/** Who runs the schedules of targets. */
export interface TargetRunner {
  /** A probe has ended. */
  finish(target: Target, outcome: Outcome): void;
  /** The peer has told that something changed. */
  hasten(target: Target): void;
}

export type TargetParts = {
  readonly id: number;
  readonly times: TargetTimes;
  readonly checker: Checker;
  readonly series: ProbeSeries;
  readonly host: Host<Target>;
  readonly runner: TargetRunner;
};

/** Marked probes all go to the virtual IP: the mark tells which backend gets them. */
export const hostKey = (spec: ProbeSpec): string => (spec.mark === null ? spec.host : `mark ${spec.mark}`);

/**
 * One target of a shard: what to probe, how it is, and where it is in its schedule. What each probe reads comes first, so that it is
 * side by side in memory; the times are in the shard's `TargetTimes`.
 */
export class Target implements Grid, ProbeOwner {
  course: Course = 'waiting';
  first = true;
  /** The due time before this one was left out: this one is not, or a slow shard would never probe it. */
  skipped = false;
  /** Its status waits to be told. */
  unseen = false;
  /** Its timer in the wheel; the slot of the shard's list of targets, its row in `TargetTimes`. */
  readonly id: number;
  readonly #times: TargetTimes;
  readonly #runner: TargetRunner;
  /** Whom the limit of concurrent probes is counted for. */
  readonly host: Host<Target>;
  readonly check: CheckConfig;
  readonly prober: PreparedProbe;
  probe: RunningProbe | null = null;
  readonly series: ProbeSeries;

  /** Its health, as `stepHealth` reads it: numbers here rather than an object for each result. */
  state: TargetState = 'unknown';
  failures = 0;
  successes = 0;
  probes = 0;
  passed = 0;
  cause: FailureCause | null = null;
  message = '';
  weight: CheckWeight | null = null;

  readonly key: TargetKey;
  readonly spec: ProbeSpec;
  /** The last `replace` that named it. */
  generation = 0;

  constructor(assignment: TargetAssignment, parts: TargetParts) {
    const { key, spec, resume } = assignment;
    this.key = ownString(key);
    this.spec = spec;
    this.check = spec.check;
    this.id = parts.id;
    this.#times = parts.times;
    this.#runner = parts.runner;
    this.#times.open(this.id);
    this.#times.set(this.id, TIME.phaseNs, gridOf(key, spec.check.intervalNs).phaseNs);
    this.series = parts.series;
    this.host = parts.host;
    this.prober = parts.checker.prepare(spec, this);
    if (resume !== null && resume.state !== 'unknown') this.#resume(resume);
  }

  get phaseNs(): Nanoseconds {
    return ns(this.#times.get(this.id, TIME.phaseNs));
  }
  get intervalNs(): Nanoseconds {
    return this.check.intervalNs;
  }

  /** The probe that is next or under way: its grid point, or for a first probe its place in the line. */
  get pointNs(): Nanoseconds {
    return ns(this.#times.get(this.id, TIME.pointNs));
  }
  set pointNs(value: Nanoseconds) {
    this.#times.set(this.id, TIME.pointNs, value);
  }

  /** The same with its jitter. */
  get dueNs(): Nanoseconds {
    return ns(this.#times.get(this.id, TIME.dueNs));
  }
  set dueNs(value: Nanoseconds) {
    this.#times.set(this.id, TIME.dueNs, value);
  }

  get startedNs(): Nanoseconds {
    return ns(this.#times.get(this.id, TIME.startedNs));
  }
  set startedNs(value: Nanoseconds) {
    this.#times.set(this.id, TIME.startedNs, value);
  }

  get deadlineNs(): Nanoseconds {
    return ns(this.#times.get(this.id, TIME.deadlineNs));
  }
  set deadlineNs(value: Nanoseconds) {
    this.#times.set(this.id, TIME.deadlineNs, value);
  }

  /** The shard's total of stalls when the probe began. */
  get stalledBeforeNs(): Nanoseconds {
    return ns(this.#times.get(this.id, TIME.stalledBeforeNs));
  }
  set stalledBeforeNs(value: Nanoseconds) {
    this.#times.set(this.id, TIME.stalledBeforeNs, value);
  }

  /** How long the last probe took. */
  get durationNs(): Nanoseconds {
    return ns(this.#times.get(this.id, TIME.durationNs));
  }
  set durationNs(value: Nanoseconds) {
    this.#times.set(this.id, TIME.durationNs, value);
  }

  get lastCheckMs(): number {
    return this.#times.get(this.id, TIME.lastCheckMs);
  }
  set lastCheckMs(value: number) {
    this.#times.set(this.id, TIME.lastCheckMs, value);
  }

  ended(outcome: Outcome): void {
    this.#runner.finish(this, outcome);
  }

  news(): void {
    this.#runner.hasten(this);
  }

  #resume(status: TargetStatus): void {
    this.takeHealth(status);
    this.probes = status.probes;
    this.passed = status.passed;
    this.lastCheckMs = status.lastCheckMs;
    this.durationNs = status.durationNs;
    this.cause = status.cause;
    this.message = status.message;
    this.weight = status.weight ?? null;
  }

  takeHealth({ state, failures, successes }: TargetHealth): void {
    this.state = state;
    this.failures = failures;
    this.successes = successes;
  }

  /** Whether it is another one. */
  takeWeight(weight: CheckWeight | null): boolean {
    const before = this.weight;
    this.weight = weight;
    return weight?.kind !== before?.kind || weight?.weight !== before?.weight;
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
      ...(this.weight === null ? {} : { weight: this.weight }),
    };
  }
}
