import test from 'ava';
import fc from 'fast-check';
import { foldChecksum, sumPseudoHeader, sumWords } from '../../../src/wire/ip/checksum.js';
import { fromHex } from '../../support/fixtures/hex.js';

const checksum = (bytes: Uint8Array): number => foldChecksum(sumWords(bytes, 0, bytes.length));

test('sums the example of RFC 1071 section 3', (t) => {
  t.is(sumWords(fromHex('0001 f203 f4f5 f6f7'), 0, 8), 0x2ddf0);
  t.is(checksum(fromHex('0001 f203 f4f5 f6f7')), 0xffff - 0xddf2);
});

test('an odd last byte counts as if a zero followed', (t) => {
  t.is(checksum(fromHex('0102 03')), checksum(fromHex('0102 0300')));
});

test('a pseudo-header adds addresses, protocol and length', (t) => {
  const header = fromHex('0a000002 e0000012 0070 000c');
  t.is(sumPseudoHeader(fromHex('0a000002'), fromHex('e0000012'), 112, 12), sumWords(header, 0, header.length));
});

test('bytes with their checksum appended sum to nothing, at any offset', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 4000, size: 'max' }), fc.nat(7), (body, offset) => {
      const even = body.length % 2 === 0 ? body : Uint8Array.from([...body, 0]);
      const sum = checksum(even);
      const bytes = new Uint8Array(offset + even.length + 2);
      bytes.set(even, offset);
      bytes.set([sum >> 8, sum & 0xff], offset + even.length);
      t.is(foldChecksum(sumWords(bytes, offset, bytes.length)), 0);
    }),
    { seed: 1071 },
  );
});
