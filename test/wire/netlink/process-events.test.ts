import test from 'ava';
import fc from 'fast-check';
import { readProcessEvent, writeProcessListening } from '../../../src/wire/netlink/process-events.js';
import { HOST_LITTLE_ENDIAN, readMessages } from '../../../src/wire/netlink/reader.js';
import { NetlinkWriter } from '../../../src/wire/netlink/writer.js';

/** What a little-endian machine sent, in this machine's byte order: the fields of nlmsghdr, cn_msg and proc_event, by their width. */
function ownOrder(hex: string): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  if (HOST_LITTLE_ENDIAN) return bytes;
  const fields: readonly (readonly [from: number, to: number, width: number])[] = [
    [0, 4, 4],
    [4, 8, 2],
    [8, 32, 4],
    [32, 36, 2],
    [36, 44, 4],
    [44, 52, 8],
    [52, bytes.length, 4],
  ];
  for (const [from, to, width] of fields) {
    for (let at = from; at + width <= Math.min(to, bytes.length); at += width) bytes.subarray(at, at + width).reverse();
  }
  return bytes;
}

const events = (hex: string) => readMessages(ownOrder(hex)).items.map((message) => readProcessEvent(message));

/** As Linux 6.18 sent them, to a listener of `true` run by pid 20087. */
const answer =
  '4c000000030000000000000000000000010000000100000000000000010000002800000000000000010000009240265f19010000000000000000000000000000000000000000000000000000';
const fork =
  '4c00000003000000010000000000000001000000010000000100000000000000280000000100000001000000c5c62b5f19010000774e0000774e0000a44e0000a44e00000000000000000000';
const exec =
  '4c000000030000000200000000000000010000000100000002000000000000002800000002000000010000' +
  '00d4e68d5f19010000a44e0000a44e000000000000000000000000000000000000';
const exit =
  '4c00000003000000030000000000000001000000010000000300000000000000280000000000008001000000' +
  '8d36ec5f19010000a44e0000a44e00000000000011000000774e0000774e0000';

test('reads what the kernel tells of a process', (t) => {
  t.deepEqual(events(answer), [{ kind: 'answer', errno: 0 }]);
  t.deepEqual(events(fork), [{ kind: 'changed', pid: 0x4ea4 }]);
  t.deepEqual(events(exec), [{ kind: 'changed', pid: 0x4ea4 }]);
  t.deepEqual(events(exit), [{ kind: 'ended', pid: 0x4ea4 }]);
});

test('a thread that is not the first of its process is none', (t) => {
  t.deepEqual(events(exit.replace('a44e0000a44e0000', 'a54e0000a44e0000')), [null]);
});

test('asks to be told, and to be told no more', (t) => {
  const writer = new NetlinkWriter();
  writeProcessListening(writer, true);
  t.deepEqual(
    Uint8Array.from(writer.take()),
    ownOrder('28000000030000000000000000000000010000000100000000000000000000000400000001000000'),
  );
  writeProcessListening(writer, false);
  t.deepEqual(
    Uint8Array.from(writer.take()),
    ownOrder('28000000030000000000000000000000010000000100000000000000000000000400000002000000'),
  );
});

test('any bytes are read without a throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 90 }), (payload) => {
      readProcessEvent({ type: 3, flags: 0, sequence: 0, portId: 0, payload });
    }),
  );
  t.pass();
});
