/**
 * Runs the probes of a shard's targets when they are due: one clock for due times and deadlines alike, one probe under
 * way a target, and care that a shard that is late itself neither makes up for it in a burst nor blames a target.
 *
 * A target's course: waiting -(due)-> queued or probing -(result, or deadline)-> waiting.
 */

import { notJudgedOutcome, timeoutOutcome } from '../../checks/probing/run-probe.js';
import { isUndecided } from '../../machines/health/target-health.js';
import {
  gridPointAfterFirst,
  gridPointFrom,
  jitterNs,
  nextGridPoint,
  probeDelay,
  secondLook,
} from '../../machines/scheduling/schedule.js';
import { judgeOverdue } from '../../machines/scheduling/stall-meter.js';
import { messageOf } from '../../model/errors.js';
import type { Outcome, Phase, ProbeSpec, RunningProbe } from '../../model/probe.js';
import { type Nanoseconds, NS_PER_MS, NS_PER_S, ns } from '../../model/units.js';
import { Admission, type Host } from './admission.js';
import { FIRST_PROBE_SPACING_NS, MAX_PROBES_PER_HOST, NEWS_SPACING_NS, SKIP_LATENESS } from './shard-limits.js';
import { hostKey, type Target, type TargetRunner } from './target.js';
import { AlarmClock } from './time/alarm-clock.js';
import type { Loop } from './time/loop.js';

export type SchedulerOptions = {
  readonly loop: Loop;
  readonly maxProbes: number;
  readonly targetOf: (id: number) => Target | undefined;
  readonly onOutcome: (target: Target, outcome: Outcome) => void;
  readonly onLateness: (seconds: number) => void;
  /** A due time was left out, because the shard came to it too late. */
  readonly onSkip: (lateNs: Nanoseconds) => void;
  /** The timer of `wakeReporter`. */
  readonly onReporter: () => void;
};

/** The reporter's timer in the wheel; targets have 1 and up. */
const REPORTER_TIMER = 0;

export class Scheduler implements TargetRunner {
  readonly #options: SchedulerOptions;
  readonly #loop: Loop;
  readonly #clock: AlarmClock;
  readonly #admission: Admission<Target>;
  /** Past their deadline; what they may have received is being looked at first. */
  #overdue: Target[] = [];
  #started: Target[] = [];
  #nextFirstNs = ns(0);
  #reporterNs: number = Number.POSITIVE_INFINITY;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#loop = options.loop;
    this.#clock = new AlarmClock({
      loop: options.loop,
      onTimer: (timer) => this.#fire(timer),
      onWoken: () => {
        if (this.#overdue.length > 0) this.#loop.afterIo(() => this.#judge());
      },
      isBusy: () => this.#admission.underWay > 0,
    });
    this.#admission = new Admission({
      perHost: MAX_PROBES_PER_HOST,
      perShard: options.maxProbes,
      start: (target) => this.#start(target),
      wanted: (target) => target.course === 'queued',
    });
  }

  /** What the limit of a new target's host is counted in, until it is removed. */
  hostOf(spec: ProbeSpec): Host<Target> {
    return this.#admission.join(hostKey(spec));
  }

  /** A new target: probed at once, each new one a little after the one before, but no later than at its grid point. */
  add(target: Target): void {
    const nowNs = this.#loop.now();
    const gridNs = gridPointFrom(target, nowNs);
    const turnNs = ns(Math.max(nowNs, this.#nextFirstNs));
    if (this.#isFresh(target) || gridNs <= turnNs) {
      this.#plan(target, gridNs);
      return;
    }
    this.#nextFirstNs = ns(turnNs + FIRST_PROBE_SPACING_NS);
    target.first = true;
    target.pointNs = turnNs;
    target.dueNs = turnNs;
    this.#clock.set(target.id, turnNs);
  }

  /** The peer has told that something changed: the next probe is now, or a moment after the last. Those after it keep their places. */
  hasten(target: Target): void {
    if (target.course !== 'waiting' || target.first) return;
    const nowNs = this.#loop.now();
    const atNs = ns(Math.max(nowNs, target.startedNs + NEWS_SPACING_NS));
    if (atNs >= target.dueNs) return;
    this.#planBefore(target, gridPointFrom(target, nowNs), atNs);
  }

  /** Takes targets away: all of them are gone before a place that one frees is given on. */
  remove(targets: readonly Target[]): void {
    const probing: Target[] = [];
    for (const target of targets) {
      this.#clock.clear(target.id);
      if (target.course === 'probing') probing.push(target);
      target.course = 'gone';
    }
    for (const target of probing) {
      target.probe?.abort();
      target.probe = null;
    }
    for (const target of probing) this.#admission.release(target);
    for (const target of targets) this.#admission.leave(target.host);
  }

  /** Calls `onReporter` once, after `delayNs` or, where that was asked for before, sooner. */
  wakeReporter(delayNs: Nanoseconds): void {
    const atNs = ns(this.#loop.now() + delayNs);
    if (atNs >= this.#reporterNs) return;
    this.#reporterNs = atNs;
    this.#clock.set(REPORTER_TIMER, atNs);
  }

  stop(): void {
    this.#clock.stop();
  }

  /** Its last probe, by this shard or the one before it, is no older than it would be without a restart. */
  #isFresh(target: Target): boolean {
    if (target.state === 'unknown') return false;
    const ageNs = (this.#loop.wallMs() - target.lastCheckMs) * NS_PER_MS;
    return ageNs >= 0 && ageNs <= target.intervalNs;
  }

  /** Sets the next probe to a grid point. */
  #plan(target: Target, pointNs: Nanoseconds): void {
    const { check } = target;
    target.first = false;
    target.course = 'waiting';
    target.pointNs = pointNs;
    target.dueNs = ns(pointNs + jitterNs(check.intervalNs, check.jitter, this.#loop.random));
    this.#clock.set(target.id, target.dueNs);
  }

  /** A probe more, before the one at this grid point. */
  #planBefore(target: Target, pointNs: Nanoseconds, atNs: Nanoseconds): void {
    target.first = false;
    target.course = 'waiting';
    target.pointNs = ns(pointNs - target.intervalNs);
    target.dueNs = atNs;
    this.#clock.set(target.id, atNs);
  }

  #fire(timer: number): void {
    if (timer === REPORTER_TIMER) {
      this.#reporterNs = Number.POSITIVE_INFINITY;
      this.#options.onReporter();
      return;
    }
    const target = this.#options.targetOf(timer);
    if (target === undefined) return;
    if (target.course === 'probing') this.#overdue.push(target);
    else this.#due(target);
  }

  #due(target: Target): void {
    const nowNs = this.#loop.now();
    const lateNs = ns(nowNs - target.dueNs);
    if (lateNs > target.intervalNs * SKIP_LATENESS && !target.skipped && !target.first) {
      target.skipped = true;
      this.#options.onLateness(lateNs / NS_PER_S);
      this.#options.onSkip(lateNs);
      this.#plan(target, gridPointFrom(target, nowNs));
      return;
    }
    target.skipped = false;
    target.course = 'queued';
    this.#admission.request(target);
  }

  #start(target: Target): void {
    const nowNs = this.#loop.now();
    this.#options.onLateness((nowNs - target.dueNs) / NS_PER_S);
    target.course = 'probing';
    target.startedNs = nowNs;
    target.stalledBeforeNs = this.#clock.stalls.totalNs;
    target.deadlineNs = ns(nowNs + target.check.timeoutNs);
    try {
      target.probe = target.prober.start();
    } catch (error) {
      const message = `the checker failed: ${messageOf(error)}`;
      const outcome: Outcome = { kind: 'error', durationNs: ns(0), shortage: 'other', message };
      // Never from within `start`, so that an admission is never released while it is given.
      this.#loop.afterTurn(() => this.finish(target, outcome));
    }
    // Behind `start`, and so behind the results of probes that ended in it.
    if (this.#started.push(target) === 1) this.#loop.afterTurn(() => this.#watchStarted());
  }

  /** Many probes end within the turn that they start in: only the others need their deadline watched. */
  #watchStarted(): void {
    const started = this.#started;
    this.#started = [];
    for (const target of started) if (target.course === 'probing') this.#clock.set(target.id, target.deadlineNs);
  }

  /** A probe ended, or is declared to have. */
  finish(target: Target, outcome: Outcome): void {
    if (target.course !== 'probing') return;
    target.probe = null;
    target.course = 'waiting';
    this.#options.onOutcome(target, this.#excused(target, outcome));
    this.#planNext(target);
    this.#admission.release(target);
  }

  /** A peer that hung up while the shard was held up for the whole timeout had reason to. */
  #excused(target: Target, outcome: Outcome): Outcome {
    if (outcome.kind !== 'unhealthy' || (outcome.cause !== 'reset' && outcome.cause !== 'closed')) return outcome;
    const lostNs = this.#lost(target);
    return lostNs < target.check.timeoutNs ? outcome : notJudgedOutcome(outcome.durationNs, lostNs);
  }

  /** What stalls of the shard can have taken from the probe under way. */
  #lost(target: Target): Nanoseconds {
    return this.#clock.stalls.lostSince(target.startedNs, target.stalledBeforeNs);
  }

  #planNext(target: Target): void {
    const nowNs = this.#loop.now();
    const pointNs = this.#nextPoint(target, nowNs);
    const { retryIntervalNs } = target.check;
    const lookNs = isUndecided(target) ? secondLook(target.startedNs, retryIntervalNs, pointNs, nowNs) : null;
    if (lookNs === null) this.#plan(target, pointNs);
    else this.#planBefore(target, pointNs, lookNs);
  }

  #nextPoint(target: Target, nowNs: Nanoseconds): Nanoseconds {
    const { backoff, retries } = target.check;
    if (target.first) {
      const pointNs = gridPointAfterFirst(target, target.startedNs);
      return pointNs >= nowNs ? pointNs : gridPointFrom(target, nowNs);
    }
    const failures = target.state === 'unhealthy' ? target.failures : 0;
    const delayNs = probeDelay(target.intervalNs, backoff, failures, retries);
    return nextGridPoint(target, target.pointNs, delayNs, nowNs);
  }

  /** All that had come in was handled: who is still under way and past the deadline is late, unless the shard was. */
  #judge(): void {
    const overdue = this.#overdue;
    this.#overdue = [];
    const nowNs = this.#loop.now();
    for (const target of overdue) {
      if (target.course !== 'probing' || target.deadlineNs > nowNs) continue;
      const { timeoutNs } = target.check;
      const elapsedNs = ns(nowNs - target.startedNs);
      const lostNs = this.#lost(target);
      const verdict = judgeOverdue(timeoutNs, elapsedNs, lostNs);
      switch (verdict.kind) {
        case 'extend':
          target.deadlineNs = ns(nowNs + verdict.byNs);
          this.#clock.set(target.id, target.deadlineNs);
          break;
        case 'timed-out':
          this.#endOverdue(target, (probe, phase) => timeoutOutcome(timeoutNs, phase, elapsedNs, probe.remark));
          break;
        case 'not-judged':
          this.#endOverdue(target, () => notJudgedOutcome(elapsedNs, lostNs));
          break;
        default:
          verdict satisfies never;
      }
    }
  }

  #endOverdue(target: Target, outcome: (probe: RunningProbe, phase: Phase) => Outcome): void {
    const { probe } = target;
    if (probe !== null) this.finish(target, outcome(probe, probe.abort()));
  }
}
