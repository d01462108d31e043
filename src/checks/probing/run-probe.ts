import { judgeOverdue, STALL_SAMPLE_NS, StallMeter } from '../../machines/scheduling/stall-meter.js';
import type { CheckConfig } from '../../model/config.js';
import type { Checker, Outcome, Phase, ProbeSpec } from '../../model/probe.js';
import type { Clock } from '../../model/units.js';
import { msFromNs, type Nanoseconds, NS_PER_MS, ns } from '../../model/units.js';
import { formatHumantime } from '../../wire/text/humantime.js';
import { safeOutcome } from './safe-message.js';

/**
 * One probe with its time limit kept, for those who run single probes: the command line, tests. Time for which this thread
 * was held up is given back to the probe, as a monitor shard does; where it was too much, nothing is said of the target.
 * The outcome may be shown: no secret of the check is in it. `signal` ends the probe early and rejects with the signal's reason.
 */
export function runProbe<C extends CheckConfig>(
  checker: Checker<C>,
  spec: ProbeSpec<C>,
  now: Clock,
  signal?: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const startedNs = now();
    const { timeoutNs } = spec.check;
    const stalls = new StallMeter();
    let deadlineNs: number = startedNs + timeoutNs;
    let over = false;
    let timer: NodeJS.Timeout;
    const finish = (): void => {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      prepared.release?.();
    };
    const end = (outcome: Outcome): void => resolve(safeOutcome(spec.check, outcome));
    const onAbort = (): void => {
      finish();
      running.abort();
      reject(signal?.reason);
    };
    const arm = (nowNs: number): void => {
      const wakeNs = Math.min(deadlineNs, nowNs + STALL_SAMPLE_NS);
      stalls.expect(ns(wakeNs));
      timer = setTimeout(wake, Math.max(1, Math.ceil((wakeNs - nowNs) / NS_PER_MS)));
    };
    const wake = (): void => {
      const nowNs = now();
      stalls.woke(nowNs);
      // The loop looks at what has come in before the immediate.
      if (nowNs >= deadlineNs) setImmediate(judge);
      else arm(nowNs);
    };
    const judge = (): void => {
      if (over) return;
      const nowNs = now();
      const elapsedNs = ns(nowNs - startedNs);
      const lostNs = stalls.lostSince(startedNs, ns(0));
      const verdict = judgeOverdue(timeoutNs, elapsedNs, lostNs);
      if (verdict.kind === 'extend') {
        deadlineNs = nowNs + verdict.byNs;
        arm(nowNs);
        return;
      }
      finish();
      const phase = running.abort();
      end(
        verdict.kind === 'timed-out'
          ? timeoutOutcome(timeoutNs, phase, elapsedNs, running.remark)
          : notJudgedOutcome(elapsedNs, lostNs),
      );
    };
    arm(startedNs);
    const prepared = checker.prepare(spec, {
      ended(outcome) {
        finish();
        end(outcome);
      },
    });
    const running = prepared.start();
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort);
  });
}

/** The outcome of a probe that its caller aborted at the end of its time. */
export function timeoutOutcome(timeoutNs: Nanoseconds, phase: Phase, durationNs: Nanoseconds, remark = ''): Outcome {
  const message = `timed out after ${formatHumantime(timeoutNs)} in ${phase}${remark === '' ? '' : ` (${remark})`}`;
  return { kind: 'unhealthy', durationNs, cause: 'timeout', message };
}

/** The outcome of a probe from which this host took so much time that nothing can be said of its target. */
export const notJudgedOutcome = (durationNs: Nanoseconds, lostNs: Nanoseconds): Outcome => ({
  kind: 'error',
  shortage: 'time',
  durationNs,
  message: `not judged: this host held the check up for ${Math.round(msFromNs(lostNs))} ms`,
});
