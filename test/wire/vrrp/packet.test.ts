import test from 'ava';
import fc from 'fast-check';
import { foldChecksum, sumWords } from '../../../src/wire/ip/checksum.js';
import { encodePacket, type IpRecord, readIpv4, readIpv6 } from '../../../src/wire/vrrp/packet.js';
import { fromHex, toHex } from '../../support/fixtures/hex.js';

const message = fromHex('313cc801000a11c30a000064');
const packet = () => encodePacket('ipv4', fromHex('0a000002'), fromHex('e0000012'), message);
const record = (): IpRecord => ({ hopLimit: 0, from: 0, to: 0 });

test('RFC 9568 5.1.1: an IPv4 header with TTL 255, protocol 112 and both addresses', (t) => {
  t.is(toHex(packet()), `45c00020 00000000 ff70d099 0a000002 e0000012`.replaceAll(' ', '') + toHex(message));
  t.is(foldChecksum(sumWords(packet(), 0, 20)), 0, 'with the checksum that a packet socket needs');
});

test('RFC 9568 5.1.2: an IPv6 header with hop limit 255 and next header 112', (t) => {
  const source = fromHex('fe80000000000000 0000000000000001');
  const group = fromHex('ff02000000000000 0000000000000012');
  const bytes = encodePacket('ipv6', source, group, message);
  t.is(toHex(bytes), `6c000000000c70ff${toHex(source)}${toHex(group)}${toHex(message)}`);
});

test('reads a packet, at an offset', (t) => {
  const bytes = Uint8Array.from([...new Array<number>(7).fill(0xee), ...packet()]);
  const into = record();
  t.true(readIpv4(bytes, 7, 32, into));
  t.deepEqual(into, { hopLimit: 255, from: 27, to: 39 });
});

test('IPv4 options are stepped over, and padding of the frame is left out', (t) => {
  const plain = packet();
  const bytes = Uint8Array.from([...plain.subarray(0, 20), 1, 1, 1, 1, ...plain.subarray(20), 0, 0, 0]);
  bytes[0] = 0x46;
  bytes[3] = 36;
  const into = record();
  t.true(readIpv4(bytes, 0, bytes.length, into));
  t.deepEqual([into.from, into.to], [24, 36]);
});

test('a header that is cut, of another version, or that says more than there is, is no packet', (t) => {
  const bytes = packet();
  t.false(readIpv4(bytes, 0, 19, record()));
  t.false(readIpv4(bytes, 0, 31, record()));
  t.false(readIpv4(Uint8Array.of(0x65, ...bytes.subarray(1)), 0, 32, record()));
  t.false(readIpv4(Uint8Array.of(0x44, ...bytes.subarray(1)), 0, 32, record()));
  t.false(readIpv4(Uint8Array.of(0x4f, ...bytes.subarray(1)), 0, 32, record()));
});

test('what is read always lies within the packet', (t) => {
  const headers = fc
    .tuple(fc.integer({ min: 4, max: 7 }), fc.nat(60), fc.uint8Array({ maxLength: 96, size: 'max' }))
    .map(([words, total, rest]) => {
      return Uint8Array.from([0x40 | words, 0, 0, total, ...rest]);
    });
  let packets = 0;
  fc.assert(
    fc.property(headers, (bytes) => {
      const into = record();
      if (!readIpv4(bytes, 0, bytes.length, into)) return true;
      packets += 1;
      return into.from >= 20 && into.from <= into.to && into.to <= bytes.length;
    }),
    { seed: 791, numRuns: 5000 },
  );
  t.true(packets > 100);
});

test('reads an IPv6 packet that has its header, and what says more than there is is none', (t) => {
  const bytes = encodePacket('ipv6', fromHex('fe80000000000000 0000000000000001'), new Uint8Array(16), message);
  const into = record();
  t.true(readIpv6(Uint8Array.of(...bytes, 0, 0), 0, bytes.length + 2, into));
  t.deepEqual(into, { hopLimit: 255, from: 40, to: 52 });
  for (let length = 0; length < bytes.length; length += 1) t.false(readIpv6(bytes, 0, length, record()), `${length}`);
  t.false(readIpv6(Uint8Array.of(0x45, ...bytes.subarray(1)), 0, bytes.length, record()));
});
