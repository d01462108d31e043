import test, { type ExecutionContext } from 'ava';
import { noHedge } from '../../../../src/actors/vrrp/hedge/first-thread.js';
import { leftoverInterfaces } from '../../../../src/actors/vrrp/vmac/leftover-interfaces.js';
import { VirtualInterfaces } from '../../../../src/actors/vrrp/vmac/virtual-interfaces.js';
import type { ChangedSetting } from '../../../../src/machines/virtual-mac/kernel-settings.js';
import { PreciseClock } from '../../../../src/os/clock/precise-clock.js';
import { InterfaceTable } from '../../../../src/os/netlink/interface-table.js';
import type { LinkChange } from '../../../../src/wire/netlink/link.js';
import { configWith } from '../../../support/fixtures/config.js';
import { type InstanceInit, testInstance } from '../../../support/fixtures/vrrp-config.js';
import { actorRig } from '../../../support/rigs/actor-rig.js';
import { tableOf } from '../../../support/rigs/vrrp/loop-rig.js';

const SECOND = 1e9;
const ARP_IGNORE = 'net/ipv4/conf/eth0/arp_ignore';
const vi1: InstanceInit = { vips: ['10.0.0.100/24'], vmac: { interface: 'vrrp.60', transmit: 'vmac' } };

/** A kernel with eth0, which makes what it is asked for unless it refuses. */
function rig() {
  const actor = actorRig('vrrp', configWith());
  const interfaces = new InterfaceTable();
  const kernel = { refuses: null as string | null, nextIndex: 9 };
  const asked: string[] = [];
  const settings = new Map([[ARP_IGNORE, 0]]);
  const remembered: (readonly ChangedSetting[])[] = [];
  const plug = (name: string, index: number, base: number | null = null, hardware: Uint8Array = new Uint8Array(6)) =>
    interfaces.apply({
      kind: 'link',
      index,
      name,
      up: base === null,
      running: true,
      hardware,
      macvlan: base === null ? null : { base, isPrivate: true },
    });
  plug('eth0', 2);
  const changeLink = (change: LinkChange): string | null => {
    asked.push(change.op);
    if (kernel.refuses !== null) return kernel.refuses;
    if (change.op === 'add-macvlan') plug(change.name, kernel.nextIndex, change.base, change.hardware);
    else if (change.op === 'remove') interfaces.apply({ kind: 'link-gone', index: change.index });
    else {
      const link = interfaces.all().find(({ index }) => index === change.index);
      if (link !== undefined) interfaces.apply({ ...link, up: true });
    }
    return null;
  };
  const virtual = new VirtualInterfaces({
    clock: new PreciseClock(),
    interfaces,
    realtime: { features: [], refused: [], text: 'none', spin: { leastNs: 0, mostNs: 0 } },
    hedge: noHedge('in a test'),
    tableOf,
    routes: { change: () => [], changeLink },
    frames: { send: () => 0 },
    sysctls: {
      read: (name) => settings.get(name) ?? null,
      write: (name, value) => {
        settings.set(name, value);
        return null;
      },
    },
    rememberSettings: (changed) => remembered.push(changed),
    out: actor.context,
    tellState() {},
    serviceHealthy: () => null,
    tracked: () => null,
    inMaintenance: () => false,
  });
  const keep = (nowNs: number, ...instances: InstanceInit[]) => virtual.keep(instances.map(testInstance), nowNs);
  return {
    virtual,
    interfaces,
    kernel,
    settings,
    remembered,
    keep,
    plug,
    problem: () => virtual.stateOf(testInstance(vi1))?.problem ?? null,
    take: () => asked.splice(0),
  };
}

const has = (t: ExecutionContext, { interfaces }: ReturnType<typeof rig>, name: string, is: boolean) =>
  t.is(interfaces.byName(name) !== null, is, name);

test('an interface is made before it is used, once, and goes with the last instance that has it', (t) => {
  const world = rig();
  const { keep, take, virtual } = world;
  keep(0, vi1, { name: 'plain' });
  t.deepEqual(take(), ['add-macvlan', 'raise']);
  t.like(virtual.stateOf(testInstance(vi1)), { problem: null, link: { name: 'vrrp.60', index: 9, up: true } });
  t.is(virtual.stateOf(testInstance({})), null);
  keep(SECOND, vi1);
  t.deepEqual(take(), []);
  t.is(virtual.nextNs, Number.POSITIVE_INFINITY);
  keep(SECOND, { name: 'plain' });
  t.deepEqual(take(), ['remove']);
  has(t, world, 'vrrp.60', false);
});

test('settings of the interface below are remembered before they are changed, and restored at the end', (t) => {
  const { keep, settings, remembered, virtual } = rig();
  keep(0, vi1);
  t.is(settings.get(ARP_IGNORE), 1);
  t.deepEqual(remembered, [[{ name: ARP_IGNORE, value: 1, before: 0 }]]);
  keep(0, vi1, { ...vi1, vrid: 61, vmac: { interface: 'vrrp.61', transmit: 'vmac' } });
  keep(0, vi1);
  t.is(settings.get(ARP_IGNORE), 1, 'another one is still over it');
  virtual.close();
  t.is(settings.get(ARP_IGNORE), 0);
  t.deepEqual(remembered.at(-1), []);
});

test('a setting that someone changed meanwhile is left to him', (t) => {
  const { keep, settings, virtual } = rig();
  keep(0, vi1);
  settings.set(ARP_IGNORE, 2);
  virtual.close();
  t.is(settings.get(ARP_IGNORE), 2);
});

test('what the kernel refuses is told, and asked for again a second later', (t) => {
  const { keep, kernel, take, problem, virtual } = rig();
  kernel.refuses = 'EOPNOTSUPP';
  keep(0, vi1);
  t.regex(problem() ?? '', /load its module/);
  t.is(virtual.nextNs, SECOND);
  t.deepEqual(take(), ['add-macvlan']);
  kernel.refuses = null;
  keep(SECOND - 1, vi1);
  t.deepEqual(take(), []);
  t.regex(problem() ?? '', /load its module/, 'and the reason stays');
  keep(SECOND, vi1);
  t.is(problem(), null);
});

test('an interface that someone removes is made again, five times at once and then later', (t) => {
  const { keep, interfaces, kernel, take, problem, virtual } = rig();
  const remove = () => interfaces.apply({ kind: 'link-gone', index: kernel.nextIndex });
  keep(0, vi1);
  for (let time = 0; time < 5; time += 1) {
    remove();
    kernel.nextIndex += 1;
    keep(0, vi1);
    t.is(problem(), null, `removal ${time + 1}`);
  }
  take();
  remove();
  keep(0, vi1);
  t.deepEqual(take(), []);
  t.is(problem(), 'someone keeps removing interface vrrp.60; it is made again later');
  t.is(virtual.nextNs, 10 * SECOND);
  kernel.nextIndex += 1;
  keep(10 * SECOND, vi1);
  t.is(problem(), null);
  remove();
  kernel.nextIndex += 1;
  keep(10 * SECOND, vi1);
  t.is(problem(), null, 'what was long ago does not count');
});

test('one that is not ours is never removed, nor when the instance goes', (t) => {
  const world = rig();
  const { keep, plug, take, problem, virtual } = world;
  plug('vrrp.60', 5, 2, Uint8Array.of(0, 0, 0x5e, 0, 1, 60));
  keep(0, vi1);
  t.regex(problem() ?? '', /not made by Fulcrum/);
  virtual.close();
  t.deepEqual(take(), []);
  has(t, world, 'vrrp.60', true);
});

test('another interface below, or another VRID, makes it anew', (t) => {
  const { keep, plug, take, problem } = rig();
  keep(0, vi1);
  plug('eth0', 3);
  take();
  plug('eth0', 2);
  keep(0, { ...vi1, vrid: 61 });
  t.deepEqual(take(), ['remove', 'add-macvlan', 'raise']);
  t.is(problem(), null);
});

test('of interfaces only those that the journal names, of our kind and MAC address, are a killed run’s', (t) => {
  const { interfaces, plug } = rig();
  const mac = Uint8Array.of(0, 0, 0x5e, 0, 1, 60);
  plug('vrrp.60', 5, 2, mac);
  plug('vrrp.61', 6, 2, mac);
  plug('vrrp.62', 7, null, mac);
  plug('vrrp.63', 8, 2, Uint8Array.of(2, 0, 0, 0, 0, 1));
  const journal = ['vrrp.60', 'vrrp.62', 'vrrp.63'].map((name) => ({ name, mac: '00:00:5e:00:01:3c' }));
  t.deepEqual(leftoverInterfaces(interfaces.all(), journal), [{ op: 'remove', index: 5 }]);
  t.deepEqual(leftoverInterfaces(interfaces.all(), []), []);
});
