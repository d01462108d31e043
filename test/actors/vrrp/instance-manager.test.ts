import test, { type ExecutionContext } from 'ava';
import { noHedge } from '../../../src/actors/vrrp/hedge/first-thread.js';
import { InstanceManager } from '../../../src/actors/vrrp/instance-manager.js';
import { ownAddress } from '../../../src/actors/warm-up/vrrp-loop.js';
import { familyOfBytes } from '../../../src/machines/vrrp/virtual-addresses.js';
import { ns } from '../../../src/model/units.js';
import { PreciseClock } from '../../../src/os/clock/precise-clock.js';
import { SyscallError } from '../../../src/os/kernel/libc.js';
import { closeOwnedFd } from '../../../src/os/kernel/owned-fd.js';
import { sendTo } from '../../../src/os/kernel/socket-call.js';
import { openSocketPair } from '../../../src/os/kernel/socket-pair.js';
import { InterfaceTable } from '../../../src/os/netlink/interface-table.js';
import { ReceiveRing } from '../../../src/os/packets/receive-ring.js';
import { OUR_PROTOCOL } from '../../../src/wire/netlink/rtnetlink.js';
import { OWNER_PRIORITY } from '../../../src/wire/vrrp/advert.js';
import { configWith } from '../../support/fixtures/config.js';
import { type InstanceInit, testInstance, testVrrp } from '../../support/fixtures/vrrp-config.js';
import { actorRig } from '../../support/rigs/actor-rig.js';
import { tableOf } from '../../support/rigs/vrrp/loop-rig.js';

const EPERM = 1;
const SECOND = 1e9;
const connected = new Uint8Array();
/** It is master as soon as it starts. */
const owner: InstanceInit = { priority: OWNER_PRIORITY, vips: ['192.0.2.100/24'] };

/** The manager over imagined interfaces, whose wires are pairs of sockets; its time is the test's. */
function rig(t: ExecutionContext) {
  const actor = actorRig('vrrp', configWith());
  const clock = new PreciseClock();
  const interfaces = new InterfaceTable();
  const plug = (name: string, index: number) => {
    interfaces.apply({ kind: 'link', index, name, up: true, running: true, hardware: new Uint8Array(), macvlan: null });
    const address = { address: ownAddress, prefixLength: 24, secondary: false, tentative: false, protocol: 0 };
    interfaces.apply({ kind: 'address', family: 'ipv4', index, ...address });
  };
  const opened: { readonly at: string; readonly wire: number; readonly inward: number }[] = [];
  const sockets = { refused: false };
  const maintenance = { on: false };
  const manager = new InstanceManager(
    {
      clock,
      interfaces,
      realtime: { features: [], refused: [], text: 'none', spin: { leastNs: 0, mostNs: 0 } },
      hedge: noHedge('in a test'),
      tableOf,
      routes: {
        change: (changes) =>
          changes.map((asked) => {
            if (asked.kind !== 'address') return null;
            const { op, kind: _, ...change } = asked;
            const family = familyOfBytes(change.address);
            const fact = { family, secondary: false, tentative: false, protocol: OUR_PROTOCOL, ...change };
            interfaces.apply({ kind: op === 'add' ? 'address' : 'address-gone', ...fact });
            return null;
          }),
        changeLink: (change) => {
          if (change.op === 'add-macvlan') {
            const macvlan = { base: change.base, isPrivate: true };
            const { name, hardware } = change;
            interfaces.apply({ kind: 'link', index: 9, name, up: true, running: true, hardware, macvlan });
          } else if (change.op === 'remove') interfaces.apply({ kind: 'link-gone', index: change.index });
          return null;
        },
      },
      sysctls: { read: () => null, write: () => null },
      rememberSettings() {},
      frames: { send: () => 0 },
      out: actor.context,
      tellState() {},
      serviceHealthy: () => null,
      tracked: () => null,
      inMaintenance: () => maintenance.on,
    },
    new ReceiveRing(clock),
    ({ family, interface: name, interfaceIndex }) => {
      if (sockets.refused) throw new SyscallError('socket', EPERM);
      const [outward, inward] = [openSocketPair(), openSocketPair()];
      t.teardown(() => [outward.a, inward.a].forEach(closeOwnedFd));
      opened.push({ at: `${name} ${family} ${interfaceIndex}`, wire: outward.a, inward: inward.a });
      return { sender: outward.b, receiver: inward.b, hasHeader: false };
    },
  );
  t.teardown(() => manager.stop(ns(0), 'the test is over'));
  plug('eth0', 1);
  const far = new ReceiveRing(clock);
  return {
    ...actor,
    clock,
    manager,
    interfaces,
    plug,
    opened,
    sockets,
    maintain: (on: boolean, nowNs: number) => {
      maintenance.on = on;
      manager.maintain(on, ns(nowNs));
    },
    configure: (nowNs: number, ...instances: InstanceInit[]) =>
      manager.configure({ ...testVrrp, instances: instances.map(testInstance) }, ns(nowNs), nowNs),
    stateOf: (name: string) => manager.byName(name).router.state,
    /** What came out of the nth pair of sockets since the last look: `VRID:priority`. */
    sent: (socket = 0) => {
      const adverts: string[] = [];
      const count = far.receive(opened[socket]?.wire ?? -1);
      for (let index = 0; index < count; index += 1) {
        if (!far.read(index, 'ipv4')) continue;
        const { bytes, from } = far.packet;
        adverts.push(`${bytes[from + 1]}:${bytes[from + 2]}`);
      }
      return adverts;
    },
    /** The other end of the nth pair of sockets is there. */
    isOpen: (socket: number) => sendTo(opened[socket]?.inward ?? -1, Uint8Array.of(0), connected) > 0,
  };
}

test('instances of one interface and family share their sockets, which are closed with the last of them', (t) => {
  const { manager, configure, opened, isOpen } = rig(t);
  const one = { name: 'one', vrid: 1, vips: ['192.0.2.100'] };
  const two = { name: 'two', vrid: 2, vips: ['192.0.2.101'] };
  const six = { name: 'six', vrid: 1, vips: ['2001:db8::1'] };
  configure(0, one, two, six);
  t.deepEqual(
    opened.map(({ at }) => at),
    ['eth0 ipv4 1', 'eth0 ipv6 1'],
  );
  const before = manager.generation;
  configure(0, two, six);
  t.true(isOpen(0));
  configure(0, six);
  t.false(isOpen(0));
  t.true(isOpen(1));
  t.is(manager.dispatchers.length, 1);
  t.true(manager.generation > before, 'whoever waits for their descriptors learns of it');
});

test('an instance that a reload changes goes on: no advert more or less, the same sockets, the same deadline', (t) => {
  const { manager, configure, opened, sent, stateOf, events } = rig(t);
  configure(0, owner);
  manager.work(ns(0));
  t.is(stateOf('vi1'), 'master');
  t.deepEqual(sent(), ['60:255']);
  // As the loop does once it has read that the addresses are there.
  manager.assess(ns(0));
  const instance = manager.byName('vi1');
  const { deadlineNs } = instance.router;
  const { generation } = manager;
  events.length = 0;
  configure(SECOND / 2, { ...owner, preempt: false, vips: owner.vips ?? [] });
  t.is(manager.byName('vi1'), instance);
  t.false(instance.config.preempt);
  t.is(instance.router.deadlineNs, deadlineNs);
  t.deepEqual(sent(), []);
  t.deepEqual(events, []);
  t.is(opened.length, 1);
  t.is(manager.generation, generation);
});

test('another VRID, interface or family under the same name is another router: the one before resigns', (t) => {
  const { manager, configure, plug, sent, events, stateOf } = rig(t);
  plug('eth1', 2);
  configure(0, owner);
  manager.work(ns(0));
  sent();
  configure(0, { ...owner, vrid: 61 });
  t.deepEqual(sent(), ['60:0']);
  t.like(events.at(-1), { type: 'vrrp-state', from: 'master', to: 'init', why: 'configured anew' });
  t.is(stateOf('vi1'), 'init', 'the new one waits for its own start');
  manager.work(ns(0));
  t.deepEqual(sent(), ['61:255']);
  configure(0, { ...owner, vrid: 61, interface: 'eth1' });
  t.deepEqual(sent(), ['61:0']);
  manager.work(ns(0));
  t.deepEqual(sent(1), ['61:255']);
  configure(0, { ...owner, vrid: 61, interface: 'eth1', vips: ['2001:db8::1/64'] });
  t.deepEqual(sent(1), ['61:0']);
});

test('an instance that is taken out resigns, and is taken back from observers', (t) => {
  const { manager, configure, sent, items, events } = rig(t);
  configure(0, owner, { ...owner, name: 'vi2', vrid: 61 });
  manager.work(ns(SECOND));
  sent();
  configure(SECOND, owner);
  t.deepEqual(sent(), ['61:0']);
  t.like(
    events.findLast(({ type }) => type === 'vrrp-state'),
    { instance: 'vi2', to: 'init', why: 'taken out of the configuration' },
  );
  t.deepEqual([...items.keys()], ['vrrp/vi1']);
  t.throws(() => manager.byName('vi2'), { code: 'ERR_NOT_FOUND', message: 'there is no VRRP instance vi2' });
});

test('instances that start together are spread over one interval, so that they do not advert at once for ever', (t) => {
  const { manager, configure, sent } = rig(t);
  configure(SECOND, ...[1, 2, 3, 4].map((vrid) => ({ ...owner, vrid, name: `vi${vrid}` })));
  for (const vrid of [1, 2, 3, 4]) {
    const startNs = SECOND + ((vrid - 1) * SECOND) / 4;
    t.is(manager.nextNs, startNs);
    manager.work(ns(startNs - 1));
    t.deepEqual(sent(), []);
    manager.work(ns(startNs));
    t.deepEqual(sent(), [`${vrid}:255`]);
  }
  t.is(manager.nextNs, Number.POSITIVE_INFINITY);
});

test('sockets that cannot be had are a fault with its reason, and are asked for again a second later', (t) => {
  const { manager, configure, sockets, events, stateOf, sent } = rig(t);
  sockets.refused = true;
  configure(0, owner);
  manager.work(ns(0));
  t.is(stateOf('vi1'), 'fault');
  t.like(events.at(-1), { to: 'fault', why: 'socket: EPERM' });
  t.is(manager.nextNs, SECOND);
  manager.work(ns(SECOND));
  t.is(stateOf('vi1'), 'fault');
  t.is(manager.nextNs, 2 * SECOND);
  sockets.refused = false;
  manager.work(ns(2 * SECOND));
  t.is(stateOf('vi1'), 'master');
  t.deepEqual(sent(), ['60:255']);
  t.is(manager.nextNs, Number.POSITIVE_INFINITY);
});

test('an interface that goes takes its sockets along; another one of its name has new ones', (t) => {
  const { manager, configure, interfaces, plug, opened, isOpen, stateOf, sent } = rig(t);
  configure(0, owner);
  manager.work(ns(0));
  interfaces.apply({ kind: 'link-gone', index: 1 });
  plug('eth0', 7);
  manager.assess(ns(1));
  t.false(isOpen(0));
  t.is(opened[1]?.at, 'eth0 ipv4 7');
  t.is(stateOf('vi1'), 'master');
  interfaces.apply({ kind: 'link-gone', index: 7 });
  manager.assess(ns(2));
  t.false(isOpen(1));
  t.is(stateOf('vi1'), 'fault');
  t.deepEqual(manager.dispatchers, []);
  plug('eth0', 8);
  manager.assess(ns(3));
  t.is(stateOf('vi1'), 'master');
  t.deepEqual(sent(2), ['60:255']);
});

test('when it stops every master resigns, and nothing is left open or told', (t) => {
  const { manager, configure, sent, isOpen, items } = rig(t);
  configure(0, owner, { ...owner, name: 'vi2', vrid: 61 });
  manager.work(ns(SECOND));
  sent();
  manager.stop(ns(SECOND), 'the daemon stops');
  t.deepEqual(sent().toSorted(), ['60:0', '61:0']);
  t.false(isOpen(0));
  t.deepEqual([manager.instances, manager.dispatchers, manager.watches], [[], [], []]);
  t.is(items.size, 0);
});

test('packets that are no instance’s are counted once', (t) => {
  const { manager, configure, isOpen, context } = rig(t);
  configure(0, owner);
  const [dispatcher] = manager.dispatchers;
  t.true(isOpen(0), 'a packet of one byte');
  dispatcher?.drain();
  const rejected = () =>
    context.meter.take().filter(({ name }: { readonly name: string }) => name === 'fulcrum_vrrp_rejected_total');
  manager.flush();
  t.like(rejected(), [{ labels: { instance: 'none', reason: 'truncated' }, value: 1 }]);
  manager.flush();
  t.deepEqual(rejected(), []);
});

test('maintenance: a master resigns, nobody becomes master however long nobody else is, and after it the election decides', (t) => {
  const { manager, configure, maintain, sent, stateOf, items, events, clock } = rig(t);
  // Who steps down looks at the clock itself.
  const from = clock.now();
  const plain: InstanceInit = { name: 'plain', vrid: 61, vips: ['192.0.2.101/24'] };
  configure(from, owner, plain);
  manager.work(from);
  const due = (at: number) => {
    const nowNs = from + at * SECOND;
    manager.work(ns(nowNs));
    for (const { router } of manager.instances) if (router.deadlineNs <= nowNs) router.due(ns(nowNs));
  };
  for (let at = 1; at <= 20; at += 1) due(at);
  t.is(stateOf('vi1'), 'master');
  t.is(stateOf('plain'), 'master');
  for (let left = 1; left > 0; ) left = sent().length;
  maintain(true, from + 20 * SECOND);
  t.deepEqual(sent().toSorted(), ['60:0', '61:0']);
  for (let at = 21; at <= 80; at += 1) due(at);
  t.is(stateOf('vi1'), 'backup', 'the owner of the addresses too');
  t.is(stateOf('plain'), 'backup');
  t.deepEqual(sent(), []);
  for (const instance of manager.instances) instance.publish();
  const shown = items.get('vrrp/plain');
  t.is(
    shown?.type === 'vrrp' ? shown.view.why : '',
    'maintenance of the node began; while the node is in maintenance it does not become master, and no other node is',
  );
  maintain(false, from + 80 * SECOND);
  for (let at = 81; at <= 100; at += 1) due(at);
  t.is(stateOf('vi1'), 'master');
  t.is(stateOf('plain'), 'master');
  t.deepEqual(
    events.flatMap((event) => (event.type === 'vrrp-state' && event.instance === 'plain' ? [event.to] : [])),
    ['backup', 'master', 'backup', 'master'],
  );
});

test('an instance that starts while the node is in maintenance is a backup, an owner of its addresses too', (t) => {
  const { manager, configure, maintain, sent, stateOf } = rig(t);
  maintain(true, 0);
  configure(0, owner);
  manager.work(ns(0));
  t.is(stateOf('vi1'), 'backup');
  t.deepEqual(sent(), []);
});

test('an instance with a virtual MAC address hears and holds its addresses by that interface, and gives it back', (t) => {
  const { manager, configure, opened, interfaces, isOpen, sent } = rig(t);
  const virtual = { ...owner, priority: 200, vmac: { interface: 'vrrp.60', transmit: 'vmac' } } as const;
  configure(0, virtual);
  t.deepEqual(
    opened.map(({ at }) => at),
    ['eth0 ipv4 1', 'vrrp.60 ipv4 9'],
  );
  manager.work(ns(0));
  const elect = () => manager.byName('vi1').due(ns(manager.byName('vi1').router.deadlineNs));
  elect();
  t.is(manager.byName('vi1').router.state, 'master');
  t.deepEqual([sent(0), sent(1)], [[], ['60:200']], 'adverts leave by it');
  const holds = (name: string) => interfaces.byName(name)?.addresses.map(({ address }) => address.join('.'));
  t.deepEqual(holds('eth0'), [ownAddress.join('.')]);
  t.deepEqual(holds('vrrp.60'), ['192.0.2.100']);
  configure(0, { ...virtual, vmac: { interface: 'vrrp.60', transmit: 'base' } });
  manager.work(ns(0));
  elect();
  t.deepEqual(sent(0), ['60:200'], 'or by the one below');
  configure(0, owner);
  t.is(interfaces.byName('vrrp.60'), null);
  t.true(isOpen(0));
  t.false(isOpen(1));
});
