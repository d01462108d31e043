import type { CheckConfig } from '../config/model.js';
import type { Clock } from '../net/clock.js';
import { formatHumantime } from '../wire/humantime.js';
import { msFromNs, type Nanoseconds, ns } from '../wire/units.js';
import type { Checker, Outcome, Phase, ProbeSpec } from './checker.js';

/**
 * One probe with its time limit kept, for those who run single probes: the command line, the health library, tests.
 * `signal` ends it early and rejects with the signal's reason.
 */
export function runProbe<C extends CheckConfig>(
  checker: Checker<C>,
  spec: ProbeSpec<C>,
  now: Clock,
  signal?: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const startedNs = now();
    let over = false;
    const finish = (): void => {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      finish();
      running.abort();
      reject(signal?.reason);
    };
    const giveUp = (): void => {
      if (over) return;
      finish();
      const phase = running.abort();
      resolve(timeoutOutcome(spec.check.timeoutNs, phase, ns(now() - startedNs), running.remark));
    };
    // The loop looks at what has come in before the immediate: a busy thread must not blame the peer.
    const timer = setTimeout(() => setImmediate(giveUp), msFromNs(spec.check.timeoutNs));
    const running = checker.start(spec, (outcome) => {
      finish();
      resolve(outcome);
    });
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort);
  });
}

/** The outcome of a probe that its caller aborted at the end of its time. */
export function timeoutOutcome(timeoutNs: Nanoseconds, phase: Phase, durationNs: Nanoseconds, remark = ''): Outcome {
  const message = `timed out after ${formatHumantime(timeoutNs)} in ${phase}${remark === '' ? '' : ` (${remark})`}`;
  return { kind: 'unhealthy', durationNs, cause: 'timeout', message };
}
