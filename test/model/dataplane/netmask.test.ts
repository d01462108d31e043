import test from 'ava';
import fc from 'fast-check';
import { hostNetmasks, netmaskOf, netmaskText, netOf } from '../../../src/model/dataplane/netmask.js';
import { addressText } from '../../../src/model/ip-address.js';

test('a mask is of IPv4, a length of either family, and neither makes all clients one', (t) => {
  t.is(netmaskOf('255.255.255.0', 'ipv4'), 0xffffff00);
  t.is(netmaskOf('255.0.255.0', 'ipv4'), 0xff00ff00, 'the kernel takes any mask');
  t.is(netmaskOf('255.255.255.0', 'ipv6'), null);
  t.is(netmaskOf(24, 'ipv4'), 0xffffff00);
  t.is(netmaskOf(64, 'ipv6'), 64);
  t.is(netmaskOf(1, 'ipv4'), 0x80000000);
  for (const [granularity, family] of [
    [33, 'ipv4'],
    [129, 'ipv6'],
    [0, 'ipv4'],
    [0, 'ipv6'],
    [1.5, 'ipv6'],
    ['0.0.0.0', 'ipv4'],
    ['255.255.255', 'ipv4'],
    ['2001:db8::', 'ipv4'],
  ] as const) {
    t.is(netmaskOf(granularity, family), null, `${granularity} of ${family}`);
  }
});

test('people read a mask of IPv4 and a length of IPv6', (t) => {
  t.is(netmaskText(0xffffff00, 'ipv4'), '255.255.255.0');
  t.is(netmaskText(64, 'ipv6'), '/64');
});

test('clients of one net have the same net, and others another', (t) => {
  t.is(netOf('10.1.2.3', 0xffffff00), '10.1.2.0');
  t.is(netOf('10.1.2.3', 0xff0000ff), '10.0.0.3');
  t.is(netOf('2001:db8:1:2:3::4', 64), '2001:db8:1:2::');
  t.is(netOf('2001:db8:1:2ff::', 60), '2001:db8:1:2f0::');
  t.is(netOf('2001:db8::1', hostNetmasks.ipv6), '2001:db8::1');
  t.is(netOf('10.1.2.3', hostNetmasks.ipv4), '10.1.2.3');
});

test('the net of a net is itself, and two addresses that agree in a prefix have one net', (t) => {
  const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(bytes, bytes, fc.integer({ min: 1, max: 128 }), (one, other, bits) => {
      const [left, right] = [addressText(one) ?? '', addressText(other) ?? ''];
      t.is(netOf(netOf(left, bits), bits), netOf(left, bits));
      const agree = Array.from({ length: bits }, (_, at) => {
        const bit = (from: Uint8Array): number => ((from[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
        return bit(one) === bit(other);
      }).every(Boolean);
      t.is(netOf(left, bits) === netOf(right, bits), agree);
    }),
    { seed: 16 },
  );
});
