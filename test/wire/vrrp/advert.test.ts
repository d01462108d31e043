import test from 'ava';
import fc from 'fast-check';
import { addressBytes } from '../../../src/model/ip-address.js';
import { ns, nsFromMs } from '../../../src/model/units.js';
import {
  type AdvertFields,
  advertAddresses,
  type ChecksumForm,
  compareAddresses,
  encodeAdvert,
  type Family,
  intervalFromWire,
  intervalToWire,
  multicastGroup,
  NO_TRAILER,
  newAdvertRecord,
  type ReadRules,
  readAdvert,
  readKind,
  readVrid,
  rejectReasons,
  type Verdict,
} from '../../../src/wire/vrrp/advert.js';
import { fromHex, toHex } from '../../support/fixtures/hex.js';

const address = (text: string): Uint8Array => addressBytes(text) ?? new Uint8Array();
const source4 = address('10.0.0.2');
const rules4: ReadRules = {
  family: 'ipv4',
  dialect: 'rfc',
  checksum: 'auto',
  version: 3,
  interval: nsFromMs(1000),
  password: null,
  takesTrailer: false,
};
const rules6: ReadRules = { ...rules4, family: 'ipv6' };

/** Both halves of a reader, as the receive path calls them. */
function read(bytes: Uint8Array, rules: ReadRules = rules4, source = source4) {
  const record = newAdvertRecord();
  const kind = readKind(bytes, 0, bytes.length);
  const group = multicastGroup(rules.family);
  const verdict: Verdict =
    kind === 'accepted' ? readAdvert(bytes, 0, bytes.length, source, group, rules, record) : kind;
  return { verdict, record };
}

const fields: AdvertFields = {
  family: 'ipv4',
  vrid: 60,
  priority: 200,
  interval: nsFromMs(100),
  addresses: [address('10.0.0.100')],
};
const encode = (over: Partial<AdvertFields> = {}, form: ChecksumForm = 'pseudo-header', source = source4) =>
  encodeAdvert({ ...fields, ...over }, source, multicastGroup(over.family ?? 'ipv4'), form);

/** The message with one byte changed and its checksum (pseudo-header form) made right again. */
function patched(at: number, value: number): Uint8Array {
  const bytes = encode();
  const before = ((bytes[at & ~1] ?? 0) << 8) | (bytes[at | 1] ?? 0);
  bytes[at] = value;
  const after = ((bytes[at & ~1] ?? 0) << 8) | (bytes[at | 1] ?? 0);
  // RFC 1624, equation 3.
  let sum = (~(((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) & 0xffff) + (~before & 0xffff) + after;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  bytes.set([(~sum >> 8) & 0xff, ~sum & 0xff], 6);
  return bytes;
}

test('RFC 9568 7.2: writes an IPv4 advert, with the pseudo-header in its checksum', (t) => {
  t.is(toHex(encode()), '313cc801000a11c30a000064');
});
test('RFC 9568 5.2.8: writes an IPv4 advert, with a checksum over the message alone', (t) => {
  t.is(toHex(encode({}, 'message')), '313cc801000afc530a000064');
});
test('writes several addresses', (t) => {
  const addresses = [address('192.0.2.1'), address('192.0.2.2')];
  const bytes = encode(
    { vrid: 1, priority: 100, interval: nsFromMs(1000), addresses },
    'pseudo-header',
    address('192.0.2.10'),
  );
  t.is(toHex(bytes), '31016402006443f6c0000201c0000202');
});
test('writes an IPv6 advert, always with the pseudo-header', (t) => {
  const addresses = [address('fe80::200:5eff:fe00:207'), address('2001:db8::7')];
  const over = { family: 'ipv6', vrid: 7, priority: 150, interval: nsFromMs(40_950), addresses } as const;
  const hex = '310796020fff9d7ffe8000000000000002005efffe00020720010db8000000000000000000000007';
  t.is(toHex(encode(over, 'message', address('fe80::1'))), hex);
  t.is(read(fromHex(hex), rules6, address('fe80::1')).verdict, 'accepted');
});
test('writes the 8 bytes of the Seesaw dialect', (t) => {
  t.is(toHex(encode({ priority: 255, interval: nsFromMs(500), addresses: [] })), '313cff000032e503');
});
test('RFC 9568 6.4.3: writes a resignation with priority 0', (t) => {
  t.is(toHex(encode({ priority: 0 })), '313c0001000ad9c30a000064');
});
test('refuses more addresses than the count can say', (t) => {
  t.throws(() => encode({ addresses: new Array<Uint8Array>(256).fill(address('10.0.0.1')) }), {
    instanceOf: RangeError,
  });
});

test('RFC 9568 5.2.7: the interval is whole centiseconds, rounded up and kept within 12 bits', (t) => {
  t.is(intervalToWire(nsFromMs(10)), 1);
  t.is(intervalToWire(nsFromMs(15)), 2);
  t.is(intervalToWire(ns(1)), 1);
  t.is(intervalToWire(nsFromMs(50_000)), 4095);
  t.is(intervalFromWire(4095), nsFromMs(40_950));
});

test('reads what it wrote', (t) => {
  const { verdict, record } = read(encode());
  t.is(verdict, 'accepted');
  t.deepEqual(record, {
    priority: 200,
    interval: nsFromMs(100),
    count: 1,
    form: 'pseudo-header',
    trailerAt: NO_TRAILER,
  });
  t.is(readVrid(encode(), 0), 60);
  t.deepEqual(advertAddresses(encode(), 0, 'ipv4', 1).map(toHex), ['0a000064']);
});

test('RFC 9568 7.1: a version other than that of the router is refused, and the other known one is told apart', (t) => {
  t.is(read(patched(0, 0x21)).verdict, 'version-2');
  t.is(read(encode(), { ...rules4, version: 2 }).verdict, 'version-3');
  t.is(read(patched(0, 0x41)).verdict, 'version');
});
test('RFC 9568 5.2.2: an unknown type is discarded', (t) => {
  for (let type = 0; type < 16; type += 1)
    t.is(read(patched(0, 0x30 | type)).verdict, type === 1 ? 'accepted' : 'type');
});
test('RFC 9568 7.1: an incomplete packet is refused', (t) => {
  const bytes = encode();
  for (let length = 0; length < bytes.length; length += 1) {
    t.is(read(bytes.subarray(0, length)).verdict, 'truncated', `${length} bytes`);
  }
});
test('a message that is longer than its count says is refused', (t) => {
  t.is(read(Uint8Array.from([...encode(), 0])).verdict, 'length');
});
test('RFC 9568 5.2.5: a count of 0 is ignored, unless the Seesaw dialect is on', (t) => {
  const bytes = encode({ addresses: [] });
  t.is(read(bytes).verdict, 'count');
  t.is(read(bytes, { ...rules4, dialect: 'seesaw' }).verdict, 'accepted');
  t.is(read(encode(), { ...rules4, dialect: 'seesaw' }).verdict, 'accepted');
});
test('RFC 9568 5.2.6: reserved bits are zero when sent and ignored when received', (t) => {
  t.is((encode()[4] ?? 0xff) >> 4, 0);
  const { verdict, record } = read(patched(4, 0xf0));
  t.is(verdict, 'accepted');
  t.is(record.interval, nsFromMs(100));
});
test('RFC 9568 7.1 (erratum 8301): an interval of 0 is refused', (t) => {
  t.is(read(patched(5, 0)).verdict, 'interval');
});
test('RFC 9568 7.1: a wrong checksum is refused, whichever bit is wrong', (t) => {
  for (let bit = 8; bit < 12 * 8; bit += 1) {
    const bytes = encode();
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    t.true((['checksum', 'truncated', 'length', 'count'] as Verdict[]).includes(read(bytes).verdict), `bit ${bit}`);
  }
});
test('checksum auto takes both readings and says which; a named one takes only itself', (t) => {
  for (const form of ['pseudo-header', 'message'] as const) {
    const bytes = encode({}, form);
    const { verdict, record } = read(bytes);
    t.is(verdict, 'accepted');
    t.is(record.form, form);
    t.is(read(bytes, { ...rules4, checksum: 'message' }).verdict, form === 'message' ? 'accepted' : 'checksum');
    t.is(read(bytes, { ...rules4, checksum: 'pseudo-header' }).verdict, form === 'message' ? 'checksum' : 'accepted');
  }
});
test('RFC 9568 7.1: a checksum covers the addresses of the IP header where it has the pseudo-header', (t) => {
  t.is(read(encode(), rules4, address('10.0.0.3')).verdict, 'checksum');
});
test('RFC 9568 5.2.9: an IPv6 advert whose first address is not link-local is refused', (t) => {
  const source = address('fe80::1');
  const of = (first: string) =>
    read(encode({ family: 'ipv6', addresses: [address(first)] }, 'message', source), rules6, source).verdict;
  t.is(of('2001:db8::7'), 'link-local');
  t.is(of('fec0::1'), 'link-local');
  t.is(of('febf::1'), 'accepted');
});

test('RFC 9568 6.4.3: addresses compare as unsigned integers in network order', (t) => {
  t.true(compareAddresses(address('10.0.0.200'), address('10.0.0.100')) > 0);
  t.true(compareAddresses(address('10.0.0.1'), address('192.0.2.1')) < 0);
  t.true(compareAddresses(address('fe80::ff'), address('fe80::1')) > 0);
  t.is(compareAddresses(source4, address('10.0.0.2')), 0);
});

const anyAdvert = fc.record({
  family: fc.constantFrom<Family>('ipv4', 'ipv6'),
  vrid: fc.integer({ min: 1, max: 255 }),
  priority: fc.integer({ min: 0, max: 255 }),
  cs: fc.integer({ min: 1, max: 4095 }),
  count: fc.integer({ min: 1, max: 255 }),
  fill: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  form: fc.constantFrom<ChecksumForm>('pseudo-header', 'message'),
});

test('any advert comes back as it was', (t) => {
  fc.assert(
    fc.property(anyAdvert, ({ family, vrid, priority, cs, count, fill, form }) => {
      const size = family === 'ipv4' ? 4 : 16;
      const source = fill.slice(0, size);
      const addresses = new Array<Uint8Array>(count).fill(family === 'ipv4' ? source : address('fe80::9'));
      const bytes = encodeAdvert(
        { family, vrid, priority, interval: intervalFromWire(cs), addresses },
        source,
        multicastGroup(family),
        form,
      );
      const { verdict, record } = read(bytes, { ...rules4, family }, source);
      t.is(verdict, 'accepted');
      t.is(readVrid(bytes, 0), vrid);
      t.is(record.priority, priority);
      t.is(record.interval, intervalFromWire(cs));
      t.is(record.count, count);
    }),
    { seed: 112 },
  );
});

test('no bytes make a reader throw or read past the end', (t) => {
  const verdicts = new Set<Verdict>(['accepted', ...rejectReasons]);
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 64, size: 'max' }),
    fc.uint8Array({ maxLength: 64, size: 'max' }).map((bytes) => Uint8Array.from([0x31, ...bytes])),
    fc.tuple(fc.nat(11), fc.nat(255)).map(([at, value]) => patched(at, value)),
  );
  fc.assert(
    fc.property(hostile, fc.constantFrom(rules4, rules6), (bytes, rules) => {
      // What lies behind the end must not matter.
      const longer = new Uint8Array(bytes.length + 300).fill(0x31);
      longer.set(bytes);
      const source = rules.family === 'ipv4' ? source4 : address('fe80::1');
      const { verdict } = read(bytes, rules, source);
      t.true(verdicts.has(verdict));
      const record = newAdvertRecord();
      const kind = readKind(longer, 0, bytes.length);
      const group = multicastGroup(rules.family);
      t.is(kind === 'accepted' ? readAdvert(longer, 0, bytes.length, source, group, rules, record) : kind, verdict);
    }),
    { seed: 112, numRuns: 5000 },
  );
});
