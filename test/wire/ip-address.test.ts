import test from 'ava';
import fc from 'fast-check';
import { addressBytes, addressText, canonicalAddress } from '../../src/wire/ip-address.js';
import { toHex } from '../support/hex.js';

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
