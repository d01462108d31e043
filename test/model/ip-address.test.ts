import { isIPv4 } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import { addressBytes, addressText, canonicalAddress, noNodesAddress } from '../../src/model/ip-address.js';
import { toHex } from '../support/fixtures/hex.js';

const rows: readonly [text: string, hex: string, canonical: string][] = [
  ['10.0.0.255', '0a0000ff', '10.0.0.255'],
  ['::', '00000000000000000000000000000000', '::'],
  ['::1', '00000000000000000000000000000001', '::1'],
  ['2001:DB8:0:0:1:0:0:1', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001', 'fe80::1'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221', '64:ff9b::c000:221'],
  ['2001:db8::', '20010db8000000000000000000000000', '2001:db8::'],
];

for (const [text, hex, canonical] of rows) {
  test(`${text} has the bytes of RFC 4291 and the text of RFC 5952`, (t) => {
    const bytes = addressBytes(text);
    t.is(bytes && toHex(bytes), hex);
    t.is(bytes && addressText(bytes), canonical);
    t.is(canonicalAddress(text), canonical);
  });
}

test('what is no address is null, or left as it is', (t) => {
  for (const text of ['', 'web', '1.2.3', '1.2.3.256', ':::', '1::2::3', '12345::']) {
    t.is(addressBytes(text), null, text);
    t.is(canonicalAddress(text), text);
  }
  t.is(addressText(new Uint8Array(5)), null);
});

test('what no node has as its own address is named, up to the edges of its range', (t) => {
  const named: Readonly<Record<string, readonly string[]>> = {
    'the unspecified address': ['0.0.0.0', '::'],
    'the broadcast address': ['255.255.255.255'],
    'a loopback address': ['127.0.0.1', '127.255.255.255'],
    'the loopback address': ['::1', '0:0::1'],
    'a multicast address': ['224.0.0.0', '239.255.255.255', 'ff02::12', 'ff05::1%eth0'],
    'an IPv4 address written as IPv6': ['::ffff:10.0.0.1'],
  };
  for (const [what, addresses] of Object.entries(named)) {
    for (const address of addresses) t.is(noNodesAddress(address), what, address);
  }
  for (const address of [
    '0.0.0.1',
    '10.0.0.255',
    '126.255.255.255',
    '128.0.0.0',
    '223.255.255.255',
    '240.0.0.1',
    'web',
  ]) {
    t.is(noNodesAddress(address), null, address);
  }
  for (const address of ['::2', 'ff::1', 'fe80::1%eth0', 'fe80::1', '2001:db8::1'])
    t.is(noNodesAddress(address), null, address);
});

test('bytes come back from their text', (t) => {
  const sparse = fc.constantFrom(0, 0, 0, 1, 255);
  const bytes16 = fc.array(sparse, { minLength: 16, maxLength: 16 }).map((all) => Uint8Array.from(all));
  const bytes4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.oneof(bytes4, bytes16), (bytes) => {
      const text = addressText(bytes) ?? '';
      t.deepEqual(addressBytes(text), Uint8Array.from(bytes), text);
    }),
    { seed: 3, numRuns: 1000 },
  );
});

test('a text of digits and dots is an IPv4 address where Node says so', (t) => {
  const part = fc.oneof(
    fc.integer({ min: 0, max: 300 }).map(String),
    fc.constantFrom('', '00', '01', '0255', '1a', ' 1'),
  );
  const text = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'));
  const likely = fc.tuple(fc.nat(260), fc.nat(260), fc.nat(260), part).map((parts) => parts.join('.'));
  let addresses = 0;
  fc.assert(
    fc.property(fc.oneof(text, likely), (candidate) => {
      t.is(addressBytes(candidate) !== null, isIPv4(candidate), candidate);
      if (isIPv4(candidate)) addresses += 1;
    }),
    { seed: 4, numRuns: 5000 },
  );
  t.true(addresses > 500);
});
