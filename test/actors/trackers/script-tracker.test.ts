import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { ScriptTracker } from '../../../src/actors/trackers/script-tracker.js';
import type { TrackedScript } from '../../../src/model/config.js';
import { nsFromMs } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import type { CommandResult } from '../../../src/os/process/run-command.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { until } from '../../support/until.js';

const script = (overrides: Partial<TrackedScript> = {}): TrackedScript => ({
  command: ['/chk'],
  intervalNs: nsFromMs(5),
  timeoutNs: nsFromMs(10_000),
  rise: 1,
  fall: 1,
  user: 'nobody',
  initially: 'unknown',
  ...overrides,
});
type End = Partial<{ kind: CommandResult['kind']; code: number; output: string; signal: string; message: string }>;
const result = (end: End) => ({ kind: 'exited', code: 0, output: '', truncated: false, ...end }) as CommandResult;

/** A tracker whose script ends as the test says. */
function rig(config: TrackedScript, runs: () => Promise<CommandResult>) {
  const told: { up: boolean; why: string; output: string }[] = [];
  let started = 0;
  let atOnce = 0;
  let mostAtOnce = 0;
  const tracker = new ScriptTracker(
    'chk',
    config,
    {
      meter: new ActorMeter(),
      now: monotonicNow,
      reports: { report: (_thing, _name, { up, why }, output = '') => void told.push({ up, why, output }) },
      runCommand: async () => {
        started += 1;
        atOnce += 1;
        mostAtOnce = Math.max(mostAtOnce, atOnce);
        return runs().finally(() => {
          atOnce -= 1;
        });
      },
    },
    0,
  );
  return { tracker, told, started: () => started, mostAtOnce: () => mostAtOnce };
}

test('each way in which a run can end is good or bad, and told with its reason', async (t) => {
  const ends: readonly (readonly [End, string])[] = [
    [{}, 'exit code 0'],
    [{ code: 3, output: 'no\u001b[31m route\nmore' }, 'exit code 3'],
    [{ kind: 'signalled', signal: 'SIGSEGV' }, 'ended by SIGSEGV'],
    [{ kind: 'timed-out' }, 'did not end within 10s'],
    [{ kind: 'not-started', message: '/chk: no such file' }, '/chk: no such file'],
  ];
  const left = ends.map(([end]) => end);
  const { tracker, told } = rig(script(), async () => result(left.shift() ?? {}));
  await until(() => told.length > ends.length);
  await tracker.stop();
  t.deepEqual(
    told.slice(0, ends.length).map(({ up, why }) => [up, why]),
    ends.map(([, why], index) => [index === 0, why]),
  );
  t.is(told[1]?.output, 'no [31m route');
});

test('rise and fall count runs', async (t) => {
  const codes = [1, 0, 0, 1, 1, 1];
  const { tracker, told } = rig(script({ rise: 2, fall: 3 }), async () => result({ code: codes.shift() ?? 1 }));
  await until(() => codes.length === 0 && told.length >= 3);
  await tracker.stop();
  t.deepEqual(
    told.slice(0, 3).map(({ up }) => up),
    [false, true, false],
  );
});

test('a run that takes longer than the interval is never joined by a second one', async (t) => {
  const { tracker, started, mostAtOnce } = rig(script({ intervalNs: nsFromMs(1) }), async () => {
    await sleep(20);
    return result({});
  });
  await until(() => started() >= 3);
  await tracker.stop();
  t.is(mostAtOnce(), 1);
});

test('what cannot be killed is bad at its time limit, and runs no second time', async (t) => {
  const { tracker, told, started } = rig(script({ timeoutNs: nsFromMs(20) }), () => new Promise(() => {}));
  await until(() => told.length > 0);
  t.deepEqual(told, [{ up: false, why: 'did not end within 20ms', output: '' }]);
  await sleep(20);
  t.is(started(), 1);
  void tracker.stop();
});

test('after its stop nothing is told and nothing runs', async (t) => {
  let end: (value: CommandResult) => void = () => {};
  const { tracker, told, started } = rig(
    script(),
    () =>
      new Promise((resolve) => {
        end = resolve;
      }),
  );
  await until(() => started() === 1);
  const stopped = tracker.stop();
  end(result({}));
  await stopped;
  t.deepEqual(told, []);
  t.is(started(), 1);
});
