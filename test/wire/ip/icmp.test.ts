import test from 'ava';
import fc from 'fast-check';
import { icmpOfIpv4, readIcmp, writeEchoRequest } from '../../../src/wire/ip/icmp.js';
import { fromHex as hex } from '../../support/fixtures/hex.js';

test('an IPv4 echo request has its checksum', (t) => {
  // As ping(8) sends it: identifier 0x1234, sequence 1, data "abcd".
  t.deepEqual(writeEchoRequest('ipv4', 0x1234, 1, Buffer.from('abcd')), hex('0800 2104 1234 0001 6162 6364'));
});

test('the checksum of an IPv6 echo request is the kernel’s work', (t) => {
  t.deepEqual(writeEchoRequest('ipv6', 0x1234, 1, new Uint8Array()), hex('8000 0000 1234 0001'));
});

test('an echo reply is read with its identifier, sequence and data', (t) => {
  t.deepEqual(readIcmp('ipv4', hex('0000 2904 1234 0001 6162 6364')), {
    kind: 'reply',
    id: 0x1234,
    sequence: 1,
    payload: hex('6162 6364'),
  });
  t.is(readIcmp('ipv6', hex('8100 0000 1234 0001'))?.kind, 'reply');
  t.is(readIcmp('ipv4', hex('8100 0000 1234 0001')), null, 'of the other family');
});

const ipv4Header = '4500 001c 0000 4000 4001 0000 0a4d 0001 0a4d 0002';
const ipv6Header =
  '6000 0000 0008 3a40 fd77 0000 0000 0000 0000 0000 0000 0001 fd77 0000 0000 0000 0000 0000 0000 0002';

test('errors about an echo request name it, and where it went', (t) => {
  const request = '0800 0000 1234 0001';
  for (const [head, why] of [
    ['0301 0000 0000 0000', 'unreachable'],
    ['030d 0000 0000 0000', 'prohibited'],
    ['0304 0000 0000 0000', 'too big'],
    ['0b00 0000 0000 0000', 'too many hops'],
  ] as const) {
    t.deepEqual(readIcmp('ipv4', hex(`${head} ${ipv4Header} ${request}`)), {
      kind: 'undelivered',
      why,
      id: 0x1234,
      sequence: 1,
      destination: hex('0a4d 0002'),
    });
  }
  for (const [head, why] of [
    ['0103 0000 0000 0000', 'unreachable'],
    ['0101 0000 0000 0000', 'prohibited'],
    ['0200 0000 0000 0500', 'too big'],
    ['0300 0000 0000 0000', 'too many hops'],
  ] as const) {
    const read = readIcmp('ipv6', hex(`${head} ${ipv6Header} 8000 0000 1234 0001`));
    t.like(read, { kind: 'undelivered', why, id: 0x1234, sequence: 1 });
  }
});

test('an error about anything but an echo request is nothing of ours', (t) => {
  t.is(
    readIcmp('ipv4', hex(`0301 0000 0000 0000 ${ipv4Header.replace('4001', '4011')} 0800 0000 1234 0001`)),
    null,
    'UDP',
  );
  t.is(readIcmp('ipv4', hex(`0301 0000 0000 0000 ${ipv4Header} 0000 0000 1234 0001`)), null, 'an echo reply');
  t.is(readIcmp('ipv4', hex(`0301 0000 0000 0000 ${ipv4Header} 0800 0000 1234`)), null, 'cut short');
  t.is(
    readIcmp('ipv6', hex(`0103 0000 0000 0000 ${ipv6Header.replace('3a40', '1140')} 8000 0000 1234 0001`)),
    null,
    'UDP',
  );
});

test('the ICMP message of an IPv4 packet begins behind its options, and a fragment has none', (t) => {
  const packet = hex(`46${ipv4Header.slice(2)} 0101 0101 0000 0000 0000 0000`);
  t.deepEqual(icmpOfIpv4(packet), hex('0000 0000 0000 0000'));
  t.is(icmpOfIpv4(hex(`${ipv4Header.replace('4000 4001', '2000 4001')} 00`)), null, 'more fragments follow');
  t.is(icmpOfIpv4(hex(`${ipv4Header.replace('4000 4001', '0010 4001')} 00`)), null, 'a later fragment');
  t.is(icmpOfIpv4(hex('45')), null);
});

test('any bytes are read to an end', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      fc.constantFrom('ipv4' as const, 'ipv6' as const),
      (bytes, family) => {
        readIcmp(family, bytes);
        icmpOfIpv4(bytes);
        // And those that look like something of ours.
        const types = family === 'ipv4' ? [0, 3, 11] : [129, 1, 2, 3];
        for (const type of types) {
          const read = readIcmp(family, Uint8Array.from([type, ...bytes]));
          if (read !== null && (read.id > 0xffff || read.sequence > 0xffff)) return false;
        }
        return true;
      },
    ),
    { seed: 23, numRuns: 2000 },
  );
  t.pass();
});
