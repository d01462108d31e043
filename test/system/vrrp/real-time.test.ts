/** All threads in real time, as packaging/systemd/fulcrum.service.d/decisions.conf has them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { REALTIME_PRIORITY } from '../../../src/os/process/realtime.js';
import { needs } from '../../support/needs.js';
import { runInTest } from '../../support/programs/run-in-test.js';

const DROP_IN = 'packaging/systemd/fulcrum.service.d/decisions.conf';
const program = fileURLToPath(new URL('../../support/programs/real-time-main.js', import.meta.url));
/** The deadline of the engine's heartbeat in src/supervisor.ts. */
const FROZEN_AFTER_US = 3e6;
const SCHED_FIFO = 1;
const SCHED_RR = 2;

function setting(name: string): string {
  const value = new RegExp(`^${name}=(.*)$`, 'm').exec(readFileSync(DROP_IN, 'utf8'))?.[1];
  if (value === undefined) throw new Error(`${DROP_IN} has no ${name}`);
  return value;
}

needs(
  'root',
  'chrt',
  'prlimit',
)('threads keep the scheduling and the limit that they were given', async (t) => {
  const limitUs = Number(/^(\d+)s$/.exec(setting('LimitRTTIME'))?.[1]) * 1e6;
  const policy = setting('CPUSchedulingPolicy');
  const priority = setting('CPUSchedulingPriority');
  const scheduling = [`--rttime=${limitUs}`, 'chrt', `--${policy}`, priority];
  const stdout = await runInTest(t, 'prlimit', [...scheduling, process.execPath, program]);

  const [before = '', after = ''] = stdout.split('restarted\n').map((text) => text.trim());
  const ours = `${SCHED_RR} ${priority}`;
  const punctual = `${SCHED_FIFO} ${REALTIME_PRIORITY}`;
  // Else a frozen engine would end the process before the supervisor's patience with it does.
  t.true(limitUs > 3 * FROZEN_AFTER_US);
  for (const [limit, ...threads] of [before.split('\n'), after.split('\n')]) {
    t.is(limit, String(limitUs));
    t.deepEqual(new Set(threads), new Set([ours, punctual]));
    t.is(threads.filter((thread) => thread === punctual).length, 1);
  }
});

needs(
  'root',
  'chrt',
  'prlimit',
  'setpriv',
)('a thread that was given its priority without the right to raise it does without its last step', async (t) => {
  const scheduling = ['--rttime=20000000', '--rtprio=0', 'chrt', '--rr', String(REALTIME_PRIORITY)];
  const without = ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice'];
  const stdout = await runInTest(t, 'prlimit', [...scheduling, ...without, process.execPath, program]);
  const below = `${SCHED_RR} ${REALTIME_PRIORITY - 1}`;
  t.is(stdout.split('\n').filter((thread) => thread === below).length, 2);
});

const hurried = fileURLToPath(new URL('../../support/programs/hurried-main.js', import.meta.url));

needs(
  'root',
  'chrt',
  'taskset',
)('on one processor a verdict is with the data plane before its monitor goes on', async (t) => {
  const stdout = await runInTest(t, 'taskset', ['-c', '0', 'chrt', '--rr', '1', process.execPath, hurried]);
  const lines = stdout.trim().split('\n');
  t.is(lines.length, 20);
  // The first few find code that never ran, and now and then the engine waits for a thread of V8. Without giving way
  // it is told sooner where the monitor's turn is over by chance: 6 or 7 times of 15.
  const sooner = lines.slice(5).filter((line) => line === 'told SOONER').length;
  t.true(sooner >= 12, `${sooner} of 15`);
});
