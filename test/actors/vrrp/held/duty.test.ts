import test from 'ava';
import { Duty } from '../../../../src/actors/vrrp/held/duty.js';
import { LOOK_SPACING_NS } from '../../../../src/actors/vrrp/held/keeper.js';
import { instanceAlarms } from '../../../../src/actors/vrrp/instance-alarms.js';
import { addressText } from '../../../../src/model/ip-address.js';
import type { EventBody } from '../../../../src/model/observing/events.js';
import { ns } from '../../../../src/model/units.js';
import { InterfaceTable } from '../../../../src/os/netlink/interface-table.js';
import type { KernelChange } from '../../../../src/wire/netlink/change.js';
import { routeKeyText } from '../../../../src/wire/netlink/ip-routes.js';
import { ruleText } from '../../../../src/wire/netlink/ip-rules.js';
import type { AddressChange } from '../../../../src/wire/netlink/route.js';
import { OUR_PROTOCOL } from '../../../../src/wire/netlink/rtnetlink.js';
import { silentLog } from '../../../../src/workers/host/dry-context.js';
import { ActorMeter } from '../../../../src/workers/host/meter.js';
import { gratuitous, route, rule, testInstance } from '../../../support/fixtures/vrrp-config.js';

const MAC = {
  eth0: Uint8Array.of(2, 0, 0, 0, 0, 1),
  eth1: Uint8Array.of(2, 0, 0, 0, 0, 2),
  'vrrp.60': Uint8Array.of(0, 0, 0x5e, 0, 1, 60),
};
const config = testInstance({
  vips: ['10.0.0.100/24'],
  extraAddresses: [{ address: '10.66.0.1', prefixLength: 24, interface: 'eth1' }],
  routes: [
    route('10.9.0.0/16', { via: '10.0.0.254' }),
    route('10.8.0.0/16', { interface: 'eth1' }),
    route('10.7.0.0/16'),
  ],
  rules: [rule({ table: 100 })],
  gratuitous: gratuitous({ count: 1, refreshNs: ns(0) }),
});

const textOf = (change: KernelChange): string => {
  if (change.kind === 'address') return `${addressText(change.address)} at ${change.index}`;
  if (change.kind === 'rule') return ruleText(change.rule);
  return `${routeKeyText(change.route)}${change.op === 'add' ? ` at ${change.route.index}` : ''}`;
};

/** A kernel, and a diary of what it is asked and of what leaves. */
function setup() {
  const interfaces = new InterfaceTable();
  const kernel = new Set<string>();
  const said: string[] = [];
  const alarms: EventBody[] = [];
  const clock = { nowNs: 0, now: () => ns(clock.nowNs) };
  const out = {
    log: silentLog,
    meter: new ActorMeter(),
    event: (body: EventBody) => void alarms.push(body),
    state() {},
  };
  /** As the VRRP thread does. */
  const note = ({ op, index, address, prefixLength }: AddressChange) =>
    interfaces.apply({
      kind: op === 'add' ? 'address' : 'address-gone',
      ...{ family: 'ipv4', index, address, prefixLength, secondary: false, tentative: false, protocol: OUR_PROTOCOL },
    });
  const dependencies = {
    clock,
    interfaces,
    out,
    routes: {
      change: (changes: readonly KernelChange[]) =>
        changes.map((change) => {
          const text = textOf(change);
          said.push(`${change.op} ${text}`);
          const key = text.replace(/ at .*/u, '');
          if (change.kind === 'address') note(change);
          if (change.op === 'remove') return kernel.delete(key) ? null : 'ESRCH';
          if (kernel.has(key)) return 'EEXIST';
          kernel.add(key);
          return null;
        }),
    },
    frames: { send: (index: number, frame: Uint8Array) => said.push(`frame at ${index} from ${frame.at(11)}`) },
  };
  const duty = new Duty(config, dependencies, instanceAlarms('vi1', out));
  const plug = (name: keyof typeof MAC, index: number) =>
    interfaces.apply({ kind: 'link', index, name, up: true, running: true, hardware: MAC[name], macvlan: null });
  const place = () => duty.place({ link: interfaces.byName('eth0'), virtual: null }, null, clock.nowNs);
  /** The same with a virtual MAC address. */
  const placeOver = () => {
    const virtual = { link: interfaces.byName('vrrp.60') };
    duty.place({ link: interfaces.byName('eth0'), virtual }, Uint8Array.of(10, 0, 0, 2), clock.nowNs);
  };
  const work = () => {
    while (duty.nextNs <= clock.nowNs) duty.work(clock.nowNs);
  };
  return { duty, interfaces, kernel, clock, alarms, plug, place, placeOver, work, take: () => said.splice(0) };
}

test('a master has its addresses at once, tells of them where they are, and then come routes and rules', (t) => {
  const { duty, plug, place, work, take } = setup();
  plug('eth0', 2);
  plug('eth1', 3);
  place();
  work();
  t.deepEqual(take(), []);
  duty.take();
  t.deepEqual(take(), ['add 10.0.0.100 at 2', 'add 10.66.0.1 at 3']);
  work();
  t.deepEqual(take(), [
    'frame at 2 from 1',
    'frame at 3 from 2',
    'add 10.9.0.0/16 table 254 metric 0 at 0',
    'add 10.8.0.0/16 table 254 metric 0 at 3',
    'add 10.7.0.0/16 table 254 metric 0 at 2',
    'add ipv4 table 100 priority 16384',
  ]);
  t.true(duty.views().every(({ state }) => state === 'set'));
  duty.release();
  t.deepEqual(take(), ['remove 10.0.0.100 at 2', 'remove 10.66.0.1 at 3'], 'the addresses go first: others take them');
  duty.finish();
  t.deepEqual(take(), [
    'remove ipv4 table 100 priority 16384',
    'remove 10.9.0.0/16 table 254 metric 0',
    'remove 10.8.0.0/16 table 254 metric 0',
    'remove 10.7.0.0/16 table 254 metric 0',
  ]);
  t.is(duty.nextNs, Number.POSITIVE_INFINITY);
});

test('with a virtual MAC address it has the addresses, and what is asked is asked from the interface below', (t) => {
  const { duty, interfaces, plug, placeOver, work, take, clock, alarms } = setup();
  for (const [name, index] of [
    ['eth0', 2],
    ['eth1', 3],
    ['vrrp.60', 9],
  ] as const)
    plug(name, index);
  placeOver();
  work();
  t.deepEqual(take(), ['frame at 2 from 1'], 'whether another node has the source');
  duty.take();
  work();
  t.deepEqual(take().slice(0, 4), [
    'add 10.0.0.100 at 9',
    'add 10.66.0.1 at 3',
    'frame at 9 from 60',
    'frame at 3 from 2',
  ]);
  clock.nowNs = 1e9;
  work();
  t.deepEqual(take(), ['frame at 2 from 1', 'frame at 3 from 2'], 'whether another node has the addresses');
  t.deepEqual(
    duty.watched.map(({ link, bytes }) => `${link.name} ${addressText(bytes)}`),
    ['eth0 10.0.0.100', 'eth1 10.66.0.1', 'eth0 10.0.0.2'],
  );
  const address = Uint8Array.of(10, 0, 0, 100);
  for (const hardware of [MAC.eth0, MAC['vrrp.60']]) duty.claimed('eth0', { address, hardware }, clock.nowNs);
  t.deepEqual(alarms, [], 'neither of its own MAC addresses is another node’s');
  duty.claimed('eth0', { address, hardware: Uint8Array.of(2, 0, 0, 0, 0, 9) }, clock.nowNs);
  t.like(alarms[0], { alarm: 'duplicate-address', why: '10.0.0.100 is also used by 02:00:00:00:00:09' });
  take();
  interfaces.apply({ kind: 'link-gone', index: 9 });
  placeOver();
  plug('vrrp.60', 10);
  placeOver();
  work();
  t.true(take().includes('add 10.0.0.100 at 10'), 'on the one that was made again');
});

test('what belongs to an interface that is missing comes with it, and is told meanwhile', (t) => {
  const { duty, plug, place, work, take, clock } = setup();
  plug('eth0', 2);
  place();
  duty.take();
  work();
  t.deepEqual(
    duty.views().flatMap(({ text, state, why }) => (state === 'absent' ? [`${text}: ${why}`] : [])),
    ['10.66.0.1/24: there is no interface eth1', '10.8.0.0/16 dev eth1: there is no interface eth1'],
  );
  take();
  clock.nowNs = 1e9;
  plug('eth1', 7);
  place();
  work();
  const asked = take();
  t.true(asked.includes('add 10.66.0.1 at 7'));
  t.true(asked.includes('add 10.8.0.0/16 table 254 metric 0 at 7'));
  t.true(duty.views().every(({ state }) => state === 'set'));
});

test('after any change around, routes are asked for again, and one that was gone is told', (t) => {
  const { duty, interfaces, kernel, plug, place, work, take, clock, alarms } = setup();
  plug('eth0', 2);
  plug('eth1', 3);
  place();
  duty.take();
  work();
  take();
  place();
  t.true(duty.nextNs > clock.nowNs, 'they were just looked at');
  kernel.delete('10.7.0.0/16 table 254 metric 0');
  clock.nowNs = 2 * LOOK_SPACING_NS;
  interfaces.apply({ kind: 'routing-gone' });
  place();
  work();
  t.is(take().filter((line) => line.startsWith('add')).length, 4, 'three routes and a rule');
  t.true(kernel.has('10.7.0.0/16 table 254 metric 0'));
  t.deepEqual(
    alarms.map((body) => (body.type === 'vrrp-alarm' ? body.why : '')),
    ['10.7.0.0/16 was gone; it was put back'],
  );
});

test('a claim counts on the interface of the address alone', (t) => {
  const { duty, plug, place, work, clock, alarms } = setup();
  plug('eth0', 2);
  plug('eth1', 3);
  place();
  duty.take();
  work();
  clock.nowNs = 1e9;
  const claim = { address: Uint8Array.of(10, 66, 0, 1), hardware: Uint8Array.of(2, 0, 0, 0, 0, 9) };
  duty.claimed('eth0', claim, clock.nowNs);
  duty.claimed('eth1', { ...claim, hardware: MAC.eth1 }, clock.nowNs);
  t.deepEqual(alarms, []);
  duty.claimed('eth1', claim, clock.nowNs);
  t.like(alarms[0], { alarm: 'duplicate-address', why: '10.66.0.1 is also used by 02:00:00:00:00:09' });
});
