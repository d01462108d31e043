import test from 'ava';
import fc from 'fast-check';
import {
  attributeMap,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  NLMSG_ERROR,
  readAcknowledgement,
  readAttributes,
  readBe16,
  readI32,
  readMessages,
  readText,
  readU8,
  readU16,
  readU32,
  readU64,
} from '../../../src/wire/netlink/reader.js';
import { NetlinkWriter } from '../../../src/wire/netlink/writer.js';
import { fromHex, toHex } from '../../support/fixtures/hex.js';

// Recorded with `strace -e write=all` from: ip addr add 10.1.2.3/24 dev lo label lo:x (little-endian machine).
const addAddress = `34000000 1400 0506 5ae0006b 00000000 02180000 01000000
  0800 0200 0a010203  0900 0300 6c6f3a7800 000000  0800 0100 0a010203`;
// The kernel's answer when the address was there already: the whole request quoted, then its own words.
const refused = `6c000000 0200 0002 5ae0006b 52280000 efffffff
  34000000 1400 0506 5ae0006b 00000000 02180000 01000000 08000200 0a010203 09000300 6c6f3a78 00000000 08000100 0a010203
  2300 0100 697076343a204164647265737320616c72656164792061737369676e656400 00`;
const sequence = 0x6b00e05a;

test('writes the bytes that iproute2 sends', (t) => {
  const writer = new NetlinkWriter();
  writer.begin({ type: 20, flags: NLM_F_REQUEST | NLM_F_ACK | NLM_F_EXCL | NLM_F_CREATE, sequence });
  writer.raw(fromHex('02180000 01000000'));
  writer.bytes(2, new Uint8Array([10, 1, 2, 3]));
  writer.text(3, 'lo:x');
  writer.bytes(1, new Uint8Array([10, 1, 2, 3]));
  writer.end();
  t.is(toHex(writer.take()), toHex(fromHex(addAddress)));
});

test('reads the bytes that iproute2 sends', (t) => {
  const { items, problem } = readMessages(fromHex(addAddress));
  t.is(problem, null);
  const [message] = items;
  t.like(message, { type: 20, flags: 0x605, sequence, portId: 0 });
  const attributes = attributeMap(message?.payload.subarray(8) ?? new Uint8Array());
  t.is(readText(attributes?.get(3)), 'lo:x');
});

test('reads the kernel’s refusal with its words', (t) => {
  const [message] = readMessages(fromHex(refused)).items;
  t.like(message, { type: NLMSG_ERROR, flags: NLM_F_ACK_TLVS });
  t.deepEqual(message === undefined ? null : readAcknowledgement(message), {
    errno: 17,
    text: 'ipv4: Address already assigned',
    offset: null,
    missing: null,
  });
});

test('several messages share one buffer, and a buffer that was taken is not written again', (t) => {
  const writer = new NetlinkWriter(8);
  const put = (sequenceOf: number) => {
    writer.begin({ type: 16, flags: 1, sequence: sequenceOf });
    writer.u8(1, sequenceOf);
    writer.end();
  };
  put(1);
  put(2);
  const first = writer.take();
  put(3);
  t.deepEqual(
    readMessages(first).items.map((message) => message.sequence),
    [1, 2],
  );
  t.is(readMessages(writer.take()).items[0]?.sequence, 3);
  t.is(writer.length, 0);
});

test('values of every width come back as they were written', (t) => {
  const writer = new NetlinkWriter();
  writer.begin({ type: 16, flags: 0, sequence: 0 });
  writer.nest(9, () => {
    writer.u8(1, 255);
    writer.u16(2, 0xfffe);
    writer.u32(3, 0xfffffffd);
    writer.u64(4, 0xfffffffffffffffcn);
    writer.be16(5, 80);
    writer.be32(6, 0x01020304);
    writer.text(7, 'grün');
  });
  writer.end();
  const outer = readAttributes(readMessages(writer.take()).items[0]?.payload ?? new Uint8Array()).items[0];
  t.like(outer, { type: 9, nested: true });
  const inner = attributeMap(outer?.value ?? new Uint8Array());
  t.is(readU8(inner?.get(1)), 255);
  t.is(readU16(inner?.get(2)), 0xfffe);
  t.is(readU32(inner?.get(3)), 0xfffffffd);
  t.is(readI32(inner?.get(3)), -3);
  t.is(readU64(inner?.get(4)), 0xfffffffffffffffcn);
  t.is(readBe16(inner?.get(5)), 80);
  t.deepEqual([...(inner?.get(6) ?? [])], [1, 2, 3, 4]);
  t.is(readText(inner?.get(7)), 'grün');
});

test('a value of another length than its type’s is no value', (t) => {
  t.is(readU8(new Uint8Array(2)), null);
  t.is(readU16(new Uint8Array(1)), null);
  t.is(readU32(new Uint8Array(0)), null);
  t.is(readU64(undefined), null);
  t.is(readText(undefined), null);
});

test('an attribute that netlink cannot carry is refused', (t) => {
  const writer = new NetlinkWriter();
  writer.begin({ type: 16, flags: 0, sequence: 0 });
  t.throws(() => writer.bytes(1, new Uint8Array(0xfffc)), { instanceOf: RangeError });
  t.throws(() => writer.nest(1, () => writer.bytes(2, new Uint8Array(0xfffb))), { instanceOf: RangeError });
});

test('a length that does not fit is named, and what came before is kept', (t) => {
  const whole = fromHex(addAddress);
  t.is(readMessages(whole.subarray(0, 51)).problem, 'message at 0 says 52 bytes, of 51 left');
  const both = new Uint8Array([...whole, 1, 2, 3, 4]);
  t.is(readMessages(both).items.length, 1);
  t.is(readMessages(both).problem, '4 bytes at 52 are too few for a message header');
  t.is(readMessages(new Uint8Array(16)).problem, 'message at 0 says 0 bytes, of 16 left');
  t.is(readAttributes(fromHex('0500 0100 07')).items.length, 1);
  t.is(readAttributes(fromHex('0300 0100')).problem, 'attribute at 0 says 3 bytes, of 4 left');
  t.is(readAttributes(fromHex('0900 0100 00')).problem, 'attribute at 0 says 9 bytes, of 5 left');
  t.is(readAttributes(fromHex('0400')).problem, '2 bytes at 0 are too few for an attribute header');
});

test('any bytes are read without a throw, in a time that their length bounds', (t) => {
  const recorded = fc.constantFrom(fromHex(addAddress), fromHex(refused));
  const damaged = fc
    .tuple(recorded, fc.array(fc.tuple(fc.nat(107), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }), fc.nat(108))
    .map(([bytes, edits, length]) => {
      const copy = Uint8Array.from(bytes.subarray(0, length));
      for (const [at, value] of edits) if (at < copy.byteLength) copy[at] = value;
      return copy;
    });
  const anyBytes = fc.oneof(damaged, fc.uint8Array({ maxLength: 200 }));
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      for (const message of readMessages(bytes).items) {
        t.true(message.payload.byteLength <= bytes.byteLength);
        const acknowledgement = readAcknowledgement(message);
        t.true(acknowledgement === null || acknowledgement.errno >= 0);
        t.true(readAttributes(message.payload).items.length <= message.payload.byteLength / 4 + 1);
      }
    }),
    { seed: 20240605, numRuns: 3000 },
  );
});

test('attributes come back as they were written', (t) => {
  const attribute = fc.tuple(fc.integer({ min: 1, max: 0x3fff }), fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(fc.array(attribute, { maxLength: 20 }), fc.integer({ min: 0, max: 0xffffffff }), (all, id) => {
      const writer = new NetlinkWriter(1);
      writer.begin({ type: 30, flags: 1, sequence: id, portId: id });
      for (const [type, value] of all) writer.bytes(type, value);
      writer.end();
      const [message] = readMessages(writer.take()).items;
      t.like(message, { sequence: id, portId: id });
      const { items, problem } = readAttributes(message?.payload ?? new Uint8Array());
      t.is(problem, null);
      t.deepEqual(
        items.map(({ type, value }) => [type, [...value]]),
        all.map(([type, value]) => [type, [...value]]),
      );
    }),
    { seed: 7, numRuns: 500 },
  );
});
