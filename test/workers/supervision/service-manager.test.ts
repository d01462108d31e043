import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { ServiceManager, statusLine } from '../../../src/workers/supervision/service-manager.js';
import { configWith } from '../../support/fixtures/config.js';
import { type NotifyReceiver, receiveNotifications } from '../../support/notify-receiver.js';
import { until } from '../../support/until.js';

let next = 0;

function start(
  t: ExecutionContext,
  env: NodeJS.ProcessEnv = {},
): { readonly receiver: NotifyReceiver; readonly manager: ServiceManager } {
  next += 1;
  const receiver = receiveNotifications(`@fulcrum-notify-${process.pid}-${next}`);
  const manager = new ServiceManager({ NOTIFY_SOCKET: receiver.name, ...env }, silentLog);
  t.teardown(() => {
    manager.close();
    receiver[Symbol.dispose]();
  });
  return { receiver, manager };
}

test('the service manager is told of the start, a reload and the stop, in order', async (t) => {
  const { receiver, manager } = start(t);
  manager.is('the engine starts\nstill');
  manager.is('the engine starts\nstill');
  manager.serves(() => true);
  manager.reloads();
  manager.reloaded();
  manager.stops();
  manager.is('nobody asks any more');
  await receiver.heard.until((text) => text.startsWith('STOPPING=1'));
  const told = receiver.heard.items.map((text) => text.replace(/\d{3,}/, 'N'));
  t.deepEqual(told, [
    'STATUS=the engine starts still',
    'READY=1',
    'RELOADING=1\nMONOTONIC_USEC=N',
    'READY=1',
    'STOPPING=1\nSTATUS=stopping',
  ]);
  const [, atUs] = /MONOTONIC_USEC=(\d+)/.exec(receiver.heard.items.join()) ?? [];
  t.true(BigInt(atUs ?? 0) <= process.hrtime.bigint() / 1000n);
});

test('the watchdog is fed while the system is well, and only then', async (t) => {
  const { receiver, manager } = start(t, { WATCHDOG_USEC: '60000', WATCHDOG_PID: String(process.pid) });
  let well = true;
  let asked = 0;
  const fed = () => receiver.heard.items.filter((text) => text === 'WATCHDOG=1').length;
  manager.serves(() => {
    asked += 1;
    return well;
  });
  await receiver.heard.until(() => fed() >= 3);
  well = false;
  const since = asked;
  await until(() => asked >= since + 3);
  manager.reloaded();
  await receiver.heard.until((text) => text === 'READY=1', 1);
  const before = fed();
  await until(() => asked >= since + 6);
  well = true;
  await receiver.heard.until(() => fed() > before);
  t.is(fed(), before + 1, 'nothing while it was not');
});

test('the watchdog of another process is none of ours', async (t) => {
  const { receiver, manager } = start(t, { WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' });
  manager.serves(() => t.fail('it is not asked') as never);
  // Twenty of its intervals: that nobody asks is what is tested.
  await pause(20);
  manager.stops();
  await receiver.heard.until((text) => text.startsWith('STOPPING'));
  t.is(receiver.heard.items.length, 2);
});

test('without a service manager nobody is told', (t) => {
  const manager = new ServiceManager({}, silentLog);
  manager.serves(() => true);
  manager.reloads();
  manager.stops();
  manager.close();
  t.pass();
});

test('one that is not there is complained of once', (t) => {
  const said: object[] = [];
  const log = { ...silentLog, warn: (fields: object) => void said.push(fields) };
  const manager = new ServiceManager({ NOTIFY_SOCKET: '/nowhere/notify' }, log);
  manager.serves(() => true);
  manager.stops();
  manager.close();
  t.deepEqual(said, [{ reason: 'ENOENT' }]);
});

test('one that reads slowly is told in order all the same', async (t) => {
  // The kernel keeps net.unix.max_dgram_qlen datagrams for it, 10 or so; the receiver looks only after this turn.
  const { receiver, manager } = start(t);
  const all = Array.from({ length: 30 }, (_, index) => `step ${index}`);
  for (const status of all) manager.is(status);
  await receiver.heard.until((text) => text === 'STATUS=step 29');
  t.deepEqual(
    receiver.heard.items,
    all.map((status) => `STATUS=${status}`),
  );
});

test('what does not run comes first in the status', (t) => {
  const view = { name: 'engine', thread_id: 1, state: 'running', restarts: 0, last_error: null, mailbox: 0 } as const;
  t.is(statusLine(configWith(), [view]), 'services: 0, VRRP instances: 0, actors: 1');
  const ill = { ...view, name: 'vrrp', state: 'restarting', last_error: 'drill: crash' } as const;
  t.is(
    statusLine(configWith(), [view, ill]),
    'vrrp is restarting: drill: crash (services: 0, VRRP instances: 0, actors: 2)',
  );
});
