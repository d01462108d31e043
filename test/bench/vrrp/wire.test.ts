import test from 'ava';
import { readPcap } from '../../../bench/vrrp/wire.js';
import { fromHex } from '../../support/fixtures/hex.js';

// A nanosecond capture of a little-endian machine with one packet of four bytes.
const header = '4d3cb2a1 0200 0400 00000000 00000000 80000000 01000000';
const packet = '01000000 02000000 04000000 3c000000 deadbeef';

test('reads packets with their nanoseconds', (t) => {
  const [first, ...rest] = readPcap(fromHex(header + packet));
  t.is(first?.atNs, 1_000_000_002n);
  t.deepEqual(first?.bytes, fromHex('deadbeef'));
  t.is(rest.length, 0);
});

test('a packet that is still being written is left out', (t) => {
  t.is(readPcap(fromHex(header + packet + packet.slice(0, 30))).length, 1);
  t.is(readPcap(new Uint8Array()).length, 0);
});

test('a file that is no such capture is refused', (t) => {
  t.throws(() => readPcap(new Uint8Array(24)), { message: /not a capture with nanoseconds/ });
});
