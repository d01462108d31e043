import test from 'ava';
import { addressBytes, addressText } from '../../../src/model/ip-address.js';
import { hasAddress, InterfaceTable, primaryAddress } from '../../../src/os/netlink/interface-table.js';
import type { AddressFact, LinkFact } from '../../../src/wire/netlink/route.js';

const link = (over: Partial<LinkFact> = {}): LinkFact => ({
  kind: 'link',
  index: 2,
  name: 'eth0',
  up: true,
  running: true,
  hardware: new Uint8Array(6),
  macvlan: null,
  ...over,
});
const bytes = (text: string) => addressBytes(text) ?? new Uint8Array();
const address = (text: string, over: Partial<AddressFact> = {}): AddressFact => ({
  kind: 'address',
  family: text.includes(':') ? 'ipv6' : 'ipv4',
  index: 2,
  address: bytes(text),
  prefixLength: 24,
  secondary: false,
  tentative: false,
  protocol: 0,
  ...over,
});
const none = () => false;

function table(...facts: Parameters<InterfaceTable['reset']>[0]) {
  const made = new InterfaceTable();
  made.reset([link(), ...facts]);
  return made;
}
const eth0 = (made: InterfaceTable) => {
  const found = made.byName('eth0');
  if (found === null) throw new Error('no eth0');
  return found;
};

test('follows addresses as they come and go, each once', (t) => {
  const made = table(address('10.0.0.2'), address('10.0.0.2'));
  t.is(eth0(made).addresses.length, 1);
  made.apply({ ...address('10.0.0.2'), kind: 'address-gone' });
  t.is(eth0(made).addresses.length, 0);
});

test('a link that changes keeps its addresses; one that is gone and comes back has none', (t) => {
  const made = table(address('10.0.0.2'));
  made.apply(link({ running: false }));
  t.is(eth0(made).addresses.length, 1);
  made.apply({ kind: 'link-gone', index: 2 });
  t.is(made.byName('eth0'), null);
  made.apply(link({ index: 3 }));
  t.is(eth0(made).addresses.length, 0);
});

test('a renamed link is found by its new name', (t) => {
  const made = table();
  made.apply(link({ name: 'lan0' }));
  t.is(made.byName('eth0'), null);
  t.is(made.byName('lan0')?.index, 2);
});

test('RFC 9568 7.2: adverts come from the first IPv4 address that is not virtual', (t) => {
  const made = table(address('10.0.0.100'), address('10.0.0.2'), address('10.0.0.3'));
  const virtual = (found: Uint8Array) => addressText(found) === '10.0.0.100';
  t.deepEqual(primaryAddress(eth0(made), 'ipv4', virtual), bytes('10.0.0.2'));
  t.is(primaryAddress(eth0(table()), 'ipv4', none), null);
});

test('RFC 9568 7.2: IPv6 adverts come from a link-local address that is ready', (t) => {
  const made = table(address('2001:db8::2'), address('fe80::1', { tentative: true }), address('fe80::2'));
  t.deepEqual(primaryAddress(eth0(made), 'ipv6', none), bytes('fe80::2'));
  t.true(hasAddress(eth0(made), bytes('2001:db8::2')));
  t.false(hasAddress(eth0(made), bytes('10.0.0.2')));
});
