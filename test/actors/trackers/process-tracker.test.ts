import { type ChildProcess, spawn } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { ProcessTracker } from '../../../src/actors/trackers/process-tracker.js';
import type { TrackedFact } from '../../../src/machines/vrrp/tracking.js';
import { nsFromMs } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { needs } from '../../support/needs.js';
import { until } from '../../support/until.js';

function rig(t: ExecutionContext) {
  const told: TrackedFact[] = [];
  const logged: string[] = [];
  const log = (_fields: object, message: string) => void logged.push(message);
  const tracker = new ProcessTracker({
    log: { trace: log, debug: log, info: log, warn: log, error: log },
    meter: new ActorMeter(),
    now: monotonicNow,
    reports: { report: (_thing, _name, fact) => void told.push(fact), forget: () => {} },
  });
  t.teardown(() => tracker.stop());
  const sleeper = (seconds: string): ChildProcess => {
    const child = spawn('/bin/sleep', [seconds]);
    t.teardown(() => child.kill('SIGKILL'));
    return child;
  };
  return { tracker, told, logged, sleeper, last: () => told.at(-1) };
}
const process = (seconds: string, quorum = 1, delayMs = 0) => ({
  command: ['/bin/sleep', seconds],
  quorum,
  delayNs: nsFromMs(delayMs),
});

test('counts the processes with such a command line', async (t) => {
  const { tracker, sleeper, last } = rig(t);
  const first = sleeper('98761');
  tracker.configure({ web: process('98761', 2) });
  await until(() => last()?.why === '1 of 2 run' || last()?.why === '0 of 2 run');
  sleeper('98761');
  await until(() => last()?.up === true);
  first.kill('SIGKILL');
  await until(() => last()?.up === false);
  t.is(last()?.why, '1 of 2 run');
});

test('a restart within the delay is none', async (t) => {
  const { tracker, told, sleeper, last } = rig(t);
  const first = sleeper('98762');
  tracker.configure({ web: process('98762', 1, 60_000), other: process('98763') });
  await until(() => told.some(({ up }) => up));
  first.kill('SIGKILL');
  sleeper('98763');
  // Seen after the end of the first one.
  await until(() => told.filter(({ up }) => up).length > 1);
  sleeper('98762');
  t.true(last()?.up);
});

needs('root')('the kernel tells of processes, where this is its first namespace', async (t) => {
  const { tracker, logged, sleeper, last } = rig(t);
  tracker.configure({ web: process('98764') });
  await until(() => logged.length > 0);
  t.regex(logged.join(), /the kernel tells of each|does not tell of them here/);
  sleeper('98764');
  await until(() => last()?.up === true);
});
