import test from 'ava';
import { nothingJournaled, parseJournal } from '../../../../src/actors/vrrp/addresses/journal.js';
import { hasAddressMarks, journalEntries, leftovers } from '../../../../src/actors/vrrp/addresses/leftovers.js';
import type { Interface } from '../../../../src/os/netlink/interface-table.js';
import { OUR_PROTOCOL } from '../../../../src/wire/netlink/rtnetlink.js';
import { testConfig } from '../../../support/fixtures/vrrp-config.js';

const { vrrp: config } = testConfig({ instances: [{ vips: ['10.0.0.100/24'] }] });
const eth0 = (...addresses: readonly (readonly [last: number, protocol: number])[]): Interface => ({
  kind: 'link',
  index: 2,
  name: 'eth0',
  up: true,
  running: true,
  hardware: new Uint8Array(6),
  macvlan: null,
  addresses: addresses.map(([last, protocol]) => ({
    kind: 'address',
    family: 'ipv4',
    index: 2,
    address: Uint8Array.of(10, 0, 0, last),
    prefixLength: 24,
    secondary: false,
    tentative: false,
    protocol,
  })),
});
const removed = (...args: Parameters<typeof leftovers>) => leftovers(...args).map(({ address }) => address.at(-1));

test('a configured address with our mark was left behind', (t) => {
  t.deepEqual(removed([eth0([1, 0], [100, OUR_PROTOCOL])], [], config, true), [100]);
});

test('an address without the mark is somebody’s own', (t) => {
  t.deepEqual(removed([eth0([100, 0])], journalEntries(config), config, true), []);
});

test('a marked address that neither journal nor configuration knows is another Fulcrum’s', (t) => {
  t.deepEqual(removed([eth0([77, OUR_PROTOCOL])], [], config, true), []);
});

test('an address that left the configuration since is found by the journal', (t) => {
  const journal = [{ interface: 'eth0', address: '10.0.0.77', prefixLength: 24, owner: false }];
  t.deepEqual(removed([eth0([77, OUR_PROTOCOL])], journal, config, true), [77]);
});

test('without marks the journal decides, and an owner’s addresses stay', (t) => {
  const journal = journalEntries(config);
  t.deepEqual(removed([eth0([1, 0], [100, 0])], journal, config, false), [100]);
  const owned = journal.map((entry) => ({ ...entry, owner: true }));
  t.deepEqual(removed([eth0([100, 0])], owned, config, false), []);
});

test('marks came with Linux 5.18', (t) => {
  t.false(hasAddressMarks('5.15.0-91-generic'));
  t.true(hasAddressMarks('5.18.1'));
  t.true(hasAddressMarks('6.1.0'));
});

test('addresses that are not adverted are left behind too, on whichever interface they were', (t) => {
  const extraAddresses = [
    { address: '10.0.0.101', prefixLength: 24 },
    { address: '10.0.0.102', prefixLength: 24, interface: 'eth1' },
  ];
  const { vrrp } = testConfig({ instances: [{ vips: ['10.0.0.100/24'], extraAddresses }] });
  const left = eth0([100, OUR_PROTOCOL], [101, OUR_PROTOCOL], [102, OUR_PROTOCOL]);
  t.deepEqual(removed([left], [], vrrp, true), [100, 101]);
  t.deepEqual(removed([{ ...left, name: 'eth1' }], [], vrrp, true), [102]);
});

test('a damaged journal says nothing', (t) => {
  for (const text of ['', '   ', '{', '[]', '{"version":2,"addresses":[]}', '{"version":1,"addresses":[{}]}']) {
    t.deepEqual(parseJournal(text), nothingJournaled);
  }
  const entries = journalEntries(config);
  const text = `${JSON.stringify({ version: 1, addresses: entries })}     \n`;
  t.deepEqual(parseJournal(text), { ...nothingJournaled, addresses: entries }, 'as earlier versions wrote it');
  const reaching = { name: 'kernel/core_pattern', value: 1, before: 0 };
  t.deepEqual(parseJournal(JSON.stringify({ version: 1, addresses: [], settings: [reaching] })).settings, []);
});
