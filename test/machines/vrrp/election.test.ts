import test from 'ava';
import fc from 'fast-check';
import { type ElectionFacts, judge } from '../../../src/machines/vrrp/election.js';
import { tracksOf } from '../../../src/machines/vrrp/tracking.js';
import type { VrrpTrack } from '../../../src/model/config.js';
import { type InstanceInit, testInstance } from '../../support/fixtures/vrrp-config.js';

type Up = boolean | null;
const facts = (
  config: InstanceInit,
  up: { readonly link?: Up; readonly service?: Up } = {},
  stands: Partial<ElectionFacts> = {},
): ElectionFacts => ({
  config: testInstance(config),
  tracks: testInstance(config).track,
  link: { up: true, running: true },
  hasSource: true,
  inMaintenance: false,
  socketProblem: null,
  vmacProblem: null,
  interfaceRunning: (name) => (name === 'eth1' ? (up.link ?? null) : true),
  serviceHealthy: () => up.service ?? null,
  tracked: () => null,
  ...stands,
});
const eth1 = (weight: number | null): VrrpTrack => ({ kind: 'interface', interface: 'eth1', weight, reverse: false });
const web = (weight: number | null): VrrpTrack => ({ kind: 'service', service: 'web', weight, reverse: false });

test('an instance cannot run without its interface, an address to send from and a socket: the first that is missing is told', (t) => {
  const links = [null, { up: false, running: false }, { up: true, running: false }, { up: true, running: true }];
  const told: Record<string, number> = {};
  for (const link of links)
    for (const hasSource of [false, true])
      for (const socketProblem of [null, 'EPERM'])
        for (const source of [null, '10.0.0.2']) {
          const { priority, faults } = judge(facts({ priority: 100, source }, {}, { link, hasSource, socketProblem }));
          t.is(priority, 100);
          const why = faults.join('; ');
          told[why] = (told[why] ?? 0) + 1;
        }
  t.deepEqual(told, {
    'interface eth0 is missing': 8,
    'interface eth0 is down': 8,
    'interface eth0 has no carrier': 8,
    'interface eth0 has no IPv4 address to send from': 2,
    'no interface has the source address 10.0.0.2': 2,
    EPERM: 2,
    '': 2,
  });
  t.deepEqual(judge(facts({ vips: ['2001:db8::1/64'] }, {}, { hasSource: false })).faults, [
    'interface eth0 has no link-local IPv6 address to send from',
  ]);
});

test('a tracked thing adds its weight, or is a fault without one: in every state, of every kind', (t) => {
  const rows: readonly (readonly [VrrpTrack, up: Up, priority: number, fault?: string])[] = [
    [eth1(20), true, 120],
    [eth1(20), false, 100],
    [eth1(20), null, 100],
    [eth1(-20), true, 100],
    [eth1(-20), false, 80],
    [eth1(-20), null, 80],
    [eth1(0), true, 100],
    [eth1(0), false, 100, 'tracked interface eth1 is down'],
    [eth1(null), true, 100],
    [eth1(null), false, 100, 'tracked interface eth1 is down'],
    [eth1(null), null, 100, 'tracked interface eth1 is missing'],
    [web(20), true, 120],
    [web(20), false, 100],
    [web(20), null, 100],
    [web(-20), true, 100],
    [web(-20), false, 80],
    [web(-20), null, 80],
    [web(0), false, 100, 'tracked service web is not healthy'],
    [web(null), true, 100],
    [web(null), false, 100, 'tracked service web is not healthy'],
    [web(null), null, 100, 'the health of tracked service web is not known yet'],
  ];
  for (const [track, up, priority, fault] of rows) {
    const verdict = judge(facts({ priority: 100, track: [track] }, { link: up, service: up }));
    t.deepEqual(verdict, { priority, faults: fault === undefined ? [] : [fault] });
  }
});

test('all facts count together: weights are added, and faults told one after the other', (t) => {
  const track = [eth1(-50), web(20), web(null)];
  t.deepEqual(judge(facts({ priority: 100, track }, { link: false, service: true })), { priority: 70, faults: [] });
  t.deepEqual(judge(facts({ priority: 100, track }, { link: true, service: false }, { link: null })), {
    priority: 100,
    faults: ['interface eth0 is missing', 'tracked service web is not healthy'],
  });
});

test('RFC 9568 5.2.4: a backup’s priority stays within 1-254, an owner’s is 255 whatever is tracked', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 254 }),
      fc.array(fc.integer({ min: -254, max: 254 }), { maxLength: 5 }),
      fc.boolean(),
      (priority, weights, up) => {
        const track = weights.map((weight) => eth1(weight));
        const judged = judge(facts({ priority, track }, { link: up })).priority;
        t.true(judged >= 1 && judged <= 254);
        t.is(judge(facts({ priority: 255, track }, { link: up })).priority, 255);
      },
    ),
    { seed: 254 },
  );
});

test('in a sync group its own weights count for nothing, its own faults and what the group tracks do', (t) => {
  const group = { name: 'g1', instances: ['vi1'], track: [web(-20)] };
  const tracks = [eth1(-50), eth1(null)];
  const config = testInstance({ track: tracks });
  t.deepEqual(tracksOf(config, null), tracks);
  const grouped = tracksOf(config, group);
  t.deepEqual(grouped, [eth1(null), web(-20)]);
  t.deepEqual(judge(facts({}, { link: false, service: false }, { tracks: grouped })), {
    priority: 80,
    faults: ['tracked interface eth1 is down'],
  });
});
