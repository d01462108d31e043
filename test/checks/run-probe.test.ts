import test from 'ava';
import type { Checker, Outcome, ProbeSpec } from '../../src/checks/checker.js';
import { runProbe, timeoutOutcome } from '../../src/checks/run-probe.js';
import type { TcpCheck } from '../../src/config/model.js';
import { monotonicNow } from '../../src/net/clock.js';
import { ns, nsFromMs } from '../../src/wire/units.js';
import { summary, tcpCheck } from '../support/checks.js';

const spec: ProbeSpec<TcpCheck> = {
  host: '192.0.2.1',
  port: 80,
  mark: null,
  check: { ...tcpCheck, timeoutNs: nsFromMs(20) },
};

/** A checker whose probes do nothing by themselves. */
function idleChecker() {
  const state = { aborted: 0, done: (_: Outcome): void => {} };
  const checker: Checker<TcpCheck> = {
    start(_, done) {
      state.done = done;
      return {
        remark: 'two answers ignored',
        abort() {
          state.aborted += 1;
          return 'query';
        },
      };
    },
    close() {},
  };
  return { state, checker };
}

test('a result in time is passed on, and nothing is aborted', async (t) => {
  const { state, checker } = idleChecker();
  const result = runProbe(checker, spec, monotonicNow);
  state.done({ kind: 'healthy', durationNs: ns(1), message: 'connected' });
  t.is(summary(await result), 'healthy: connected');
  t.is(state.aborted, 0);
});

test('at the end of its time the probe is aborted, and the phase and the remark are told', async (t) => {
  const { state, checker } = idleChecker();
  t.is(
    summary(await runProbe(checker, spec, monotonicNow)),
    'timeout: timed out after 20ms in query (two answers ignored)',
  );
  t.is(state.aborted, 1);
});

test('a signal ends it with its reason, before or while it runs', async (t) => {
  const { state, checker } = idleChecker();
  const long = { ...spec, check: { ...spec.check, timeoutNs: nsFromMs(60_000) } };
  const controller = new AbortController();
  const result = runProbe(checker, long, monotonicNow, controller.signal);
  controller.abort(new Error('stopping'));
  await t.throwsAsync(result, { message: 'stopping' });
  await t.throwsAsync(runProbe(checker, long, monotonicNow, controller.signal), { message: 'stopping' });
  t.is(state.aborted, 2);
});

test('the time limit in words', (t) => {
  t.is(timeoutOutcome(nsFromMs(1500), 'tls', ns(1)).message, 'timed out after 1s 500ms in tls');
});
