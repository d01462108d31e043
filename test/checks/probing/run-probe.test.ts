import test from 'ava';
import { runProbe, timeoutOutcome } from '../../../src/checks/probing/run-probe.js';
import type { TcpCheck } from '../../../src/checks/tcp/index.js';
import type { Checker, Outcome, ProbeSpec, RunningProbe } from '../../../src/model/probe.js';
import { ns, nsFromMs } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { summary, tcpCheck } from '../../support/fixtures/checks.js';

// One after another: some of them hold the thread up.
const spec: ProbeSpec<TcpCheck> = {
  host: '192.0.2.1',
  port: 80,
  mark: null,
  check: { ...tcpCheck, timeoutNs: nsFromMs(500) },
};

/** A checker whose probes do nothing by themselves. */
function idleChecker() {
  const state = { aborted: 0, done: (_: Outcome): void => {} };
  const checker: Checker<TcpCheck> = {
    prepare(_, owner) {
      state.done = (outcome) => owner.ended(outcome);
      const running: RunningProbe = {
        remark: 'two answers ignored',
        abort() {
          state.aborted += 1;
          return 'query';
        },
      };
      return { start: () => running };
    },
    close() {},
  };
  return { state, checker };
}

test.serial('a result in time is passed on, and nothing is aborted', async (t) => {
  const { state, checker } = idleChecker();
  const result = runProbe(checker, spec, monotonicNow);
  state.done({ kind: 'healthy', durationNs: ns(1), message: 'connected' });
  t.is(summary(await result), 'healthy: connected');
  t.is(state.aborted, 0);
});

test.serial('at the end of its time the probe is aborted, and the phase and the remark are told', async (t) => {
  const { state, checker } = idleChecker();
  t.is(
    summary(await runProbe(checker, spec, monotonicNow)),
    'timeout: timed out after 500ms in query (two answers ignored)',
  );
  t.is(state.aborted, 1);
});

/** A peer whose answer takes this many turns of the loop, as a connection, a handshake and a reply do. */
const answeringAfter = (turns: number): Checker<TcpCheck> => ({
  prepare: (_, owner) => ({
    start() {
      let left = turns;
      let aborted = false;
      const turn = (): void => {
        left -= 1;
        if (aborted) return;
        if (left > 0) setImmediate(turn);
        else owner.ended({ kind: 'healthy', durationNs: ns(1), message: 'answered' });
      };
      setImmediate(turn);
      return {
        abort() {
          aborted = true;
          return 'receive';
        },
      };
    },
  }),
  close() {},
});

const block = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

test.serial('a thread that was blocked for longer than the time limit does not blame the peer', async (t) => {
  const check = { ...spec.check, timeoutNs: nsFromMs(1000) };
  for (const blockMs of [1100, 1500]) {
    const result = runProbe(answeringAfter(6), { ...spec, check }, monotonicNow);
    block(blockMs);
    t.is(summary(await result), 'healthy: answered');
  }
});

test.serial('a thread that takes all the time there is says nothing of the peer', async (t) => {
  const { state, checker } = idleChecker();
  // From the first look to the second, a second goes by.
  let nowNs = ns(0);
  const late = () => {
    const given = nowNs;
    nowNs = nsFromMs(1000);
    return given;
  };
  t.regex(summary(await runProbe(checker, spec, late)), /^error: not judged: this host held the check up for 990 ms$/);
  t.is(state.aborted, 1);
});

test.serial('a thread that is held up a little gives that time back, and no more', async (t) => {
  const { checker } = idleChecker();
  const check = { ...spec.check, timeoutNs: nsFromMs(400) };
  const startedNs = monotonicNow();
  const result = runProbe(checker, { ...spec, check }, monotonicNow);
  block(200);
  t.regex(summary(await result), /^timeout: timed out after 400ms in query/);
  t.true(monotonicNow() - startedNs >= nsFromMs(580));
});

test.serial('a signal ends it with its reason, before or while it runs', async (t) => {
  const { state, checker } = idleChecker();
  const long = { ...spec, check: { ...spec.check, timeoutNs: nsFromMs(60_000) } };
  const controller = new AbortController();
  const result = runProbe(checker, long, monotonicNow, controller.signal);
  controller.abort(new Error('stopping'));
  await t.throwsAsync(result, { message: 'stopping' });
  await t.throwsAsync(runProbe(checker, long, monotonicNow, controller.signal), { message: 'stopping' });
  t.is(state.aborted, 2);
});

test.serial('the time limit in words', (t) => {
  t.is(timeoutOutcome(nsFromMs(1500), 'tls', ns(1)).message, 'timed out after 1s 500ms in tls');
});
