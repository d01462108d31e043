import test from 'ava';
import fc from 'fast-check';
import { readMessages } from '../../../src/wire/netlink/reader.js';
import { readRouteFact, writeAddressChange, writeDump } from '../../../src/wire/netlink/route.js';
import { OUR_PROTOCOL } from '../../../src/wire/netlink/rtnetlink.js';
import { NetlinkWriter } from '../../../src/wire/netlink/writer.js';
import { fromHex, toHex } from '../../support/fixtures/hex.js';

const read = (hex: string) => readMessages(fromHex(hex)).items.map(readRouteFact);

// Recorded with `strace -e read=all ip monitor` on a little-endian machine, shortened to the attributes that matter.
const link = `38000000 1000 0000 00000000 00000000  00000100 02000000 43100100 00000000
  0900 0300 65746830 00 000000  0a00 0100 b838235d81d1 0000`;
const address = `30000000 1400 0000 00000000 00000000  02188000 02000000
  0800 0100 0a000064 0800 0200 0a000064 0500 0b00 70 000000`;

test('reads a link that is up, with its name and hardware address', (t) => {
  t.deepEqual(read(link), [
    { kind: 'link', index: 2, name: 'eth0', up: true, running: true, hardware: fromHex('b838235d81d1'), macvlan: null },
  ]);
});

test('a link without carrier is up and not running; one that is down is neither', (t) => {
  const of = (flags: string) => {
    const fact = read(link.replace('43100100', flags))[0];
    return fact?.kind === 'link' ? [fact.up, fact.running] : null;
  };
  t.deepEqual(of('03100000'), [true, false]);
  t.deepEqual(of('42100000'), [false, false]);
});

test('reads that a link is gone, and not what a bridge says of its port', (t) => {
  t.deepEqual(read(link.replace('1000 0000', '1100 0000')), [{ kind: 'link-gone', index: 2 }]);
  t.deepEqual(read(link.replace('1000 0000', '1100 0000').replace('00000100 0200', '07000100 0200')), [null]);
});

test('reads an address, with our mark', (t) => {
  t.deepEqual(read(address), [
    {
      kind: 'address',
      family: 'ipv4',
      index: 2,
      address: fromHex('0a000064'),
      prefixLength: 24,
      secondary: false,
      tentative: false,
      protocol: OUR_PROTOCOL,
    },
  ]);
  t.is(read(address.replace('1400 0000', '1500 0000'))[0]?.kind, 'address-gone');
});

test('writes the request that adds an address, refused where it is there already', (t) => {
  const writer = new NetlinkWriter();
  writeAddressChange(
    writer,
    { kind: 'address', op: 'add', index: 2, address: Uint8Array.of(10, 0, 0, 100), prefixLength: 24 },
    7,
  );
  t.is(
    toHex(writer.take()),
    '300000001400050607000000000000000218000002000000080002000a000064080001000a00006405000b0070000000',
  );
});

test('an IPv6 address is usable at once, and a link-local one has the scope of its link', (t) => {
  const writer = new NetlinkWriter();
  writeAddressChange(
    writer,
    { kind: 'address', op: 'add', index: 2, address: fromHex(`fe80${'00'.repeat(13)}07`), prefixLength: 64 },
    1,
  );
  t.is(toHex(writer.take().subarray(16, 24)), '0a4002fd02000000');
  writeAddressChange(
    writer,
    { kind: 'address', op: 'remove', index: 2, address: fromHex(`2001${'00'.repeat(13)}07`), prefixLength: 64 },
    2,
  );
  t.is(toHex(writer.take().subarray(4, 24)), '1500050002000000000000000a40020002000000');
});

test('an IPv4 address may have a label and another scope', (t) => {
  const writer = new NetlinkWriter();
  const change = { kind: 'address', index: 2, address: Uint8Array.of(10, 0, 0, 100), prefixLength: 24 } as const;
  writeAddressChange(writer, { ...change, op: 'add', label: 'eth0:1', scope: 'link' }, 1);
  t.is(
    toHex(writer.take().subarray(16)),
    `021800fd02000000080002000a000064080001000a0000640b000300${toHex(Buffer.from('eth0:1'))}000005000b0070000000`,
  );
});

test('asks for all links and all addresses', (t) => {
  const writer = new NetlinkWriter();
  writeDump(writer, 'links', 1);
  writeDump(writer, 'addresses', 2);
  t.deepEqual(
    readMessages(writer.take()).items.map(({ type, flags }) => [type, flags]),
    [
      [18, 0x301],
      [22, 0x301],
    ],
  );
});

test('no message makes the reader throw', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(16, 17, 20, 21, 24),
      fc.uint8Array({ maxLength: 120, size: 'max' }),
      (type, payload) => {
        const fact = readRouteFact({ type, flags: 0, sequence: 0, portId: 0, payload });
        t.true(fact === null || typeof fact.kind === 'string');
      },
    ),
    { seed: 3549, numRuns: 3000 },
  );
});
