import test from 'ava';
import fc from 'fast-check';
import { nsFromMs } from '../../../src/model/units.js';
import {
  type AdvertFields,
  encodeAdvert,
  multicastGroup,
  NO_TRAILER,
  newAdvertRecord,
  type ReadRules,
  readAdvert,
  readKind,
  rejectReasons,
  type Verdict,
} from '../../../src/wire/vrrp/advert.js';
import { passwordBytes } from '../../../src/wire/vrrp/version-2.js';
import { fromHex, toHex } from '../../support/fixtures/hex.js';

const source = Uint8Array.of(10, 0, 0, 2);
const group = multicastGroup('ipv4');
const fields: AdvertFields = {
  version: 2,
  family: 'ipv4',
  vrid: 60,
  priority: 200,
  interval: nsFromMs(1000),
  addresses: [Uint8Array.of(10, 0, 0, 100)],
};
const rules: ReadRules = {
  family: 'ipv4',
  dialect: 'rfc',
  checksum: 'message',
  version: 2,
  interval: nsFromMs(1000),
  password: null,
  takesTrailer: false,
};
const secret = passwordBytes('12345678');

const encode = (over: Partial<AdvertFields> = {}) =>
  encodeAdvert({ ...fields, ...over }, source, group, 'pseudo-header');

function read(bytes: Uint8Array, over: Partial<ReadRules> = {}) {
  const record = newAdvertRecord();
  const kind = readKind(bytes, 0, bytes.length);
  const verdict: Verdict =
    kind === 'accepted' ? readAdvert(bytes, 0, bytes.length, source, group, { ...rules, ...over }, record) : kind;
  return { verdict, record };
}

test('RFC 3768 5.1, 5.3.8: writes an advert, with the checksum over the message alone', (t) => {
  t.is(toHex(encode({ interval: nsFromMs(3000) })), '213cc80100030c5b0a0000640000000000000000');
});
test('RFC 2338 5.3.6: writes the password behind the addresses, filled up with zeros', (t) => {
  t.is(toHex(encode({ password: secret })), '213cc80101013a880a0000643132333435363738');
  t.is(toHex(passwordBytes('123')), '3132330000000000');
  t.is(toHex(encode({ password: passwordBytes('123') })), '213cc8010101a72a0a0000643132330000000000');
});
test('RFC 3768 5.3.7: the interval is whole seconds, rounded up and kept within a byte', (t) => {
  for (const [ms, seconds] of [
    [1000, 1],
    [1500, 2],
    [255_000, 255],
    [300_000, 255],
    [10, 1],
  ] as const) {
    t.is(encode({ interval: nsFromMs(ms) })[5], seconds);
  }
});

test('reads what it wrote, with and without a password', (t) => {
  t.deepEqual(read(encode()), {
    verdict: 'accepted',
    record: { priority: 200, interval: nsFromMs(1000), count: 1, form: 'message', trailerAt: NO_TRAILER },
  });
  t.is(read(encode({ password: secret }), { password: secret }).verdict, 'accepted');
});
test('RFC 3768 7.1: authentication must be the one configured', (t) => {
  t.is(read(encode({ password: secret })).verdict, 'authentication');
  t.is(read(encode(), { password: secret }).verdict, 'unauthenticated');
  t.is(read(encode({ password: passwordBytes('12345679') }), { password: secret }).verdict, 'password');
  t.is(read(encode({ password: passwordBytes('1234567') }), { password: secret }).verdict, 'password');
});
test('RFC 3768 7.1: an advert of another interval is discarded', (t) => {
  t.is(read(encode({ interval: nsFromMs(2000) })).verdict, 'interval-mismatch');
  t.is(read(encode(), { interval: nsFromMs(2000) }).verdict, 'interval-mismatch');
});
test('RFC 3768 7.1: a version 3 advert, a wrong checksum and a wrong length are discarded', (t) => {
  t.is(read(encode({ version: 3 })).verdict, 'version-3');
  t.is(read(encode(), { version: 3 }).verdict, 'version-2');
  const bytes = encode();
  for (let length = 0; length < bytes.length; length += 1) {
    t.is(read(bytes.subarray(0, length)).verdict, 'truncated', `${length} bytes`);
  }
  t.is(read(Uint8Array.from([...bytes, 0])).verdict, 'length');
  t.is(read(fromHex('213cc80100030c5c0a0000640000000000000000'), { interval: nsFromMs(3000) }).verdict, 'checksum');
});
test('RFC 3768 5.3.10: what is in the place of the password is not looked at without one', (t) => {
  t.is(read(fromHex('213cc80100010b5d0a0000640100000000000000')).verdict, 'accepted');
});

test('any advert comes back as it was', (t) => {
  const any = fc.record({
    vrid: fc.integer({ min: 1, max: 255 }),
    priority: fc.integer({ min: 0, max: 255 }),
    seconds: fc.integer({ min: 1, max: 255 }),
    count: fc.integer({ min: 1, max: 255 }),
    password: fc.option(fc.uint8Array({ minLength: 8, maxLength: 8 })),
  });
  fc.assert(
    fc.property(any, ({ vrid, priority, seconds, count, password }) => {
      const interval = nsFromMs(seconds * 1000);
      const addresses = new Array<Uint8Array>(count).fill(source);
      const { verdict, record } = read(encode({ vrid, priority, interval, addresses, password }), {
        interval,
        password,
      });
      t.is(verdict, 'accepted');
      t.deepEqual(record, { priority, interval, count, form: 'message', trailerAt: NO_TRAILER });
    }),
    { seed: 3768 },
  );
});

test('no bytes make a reader throw or read past the end', (t) => {
  const verdicts = new Set<Verdict>(['accepted', ...rejectReasons]);
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 64, size: 'max' }),
    fc.uint8Array({ maxLength: 64, size: 'max' }).map((bytes) => Uint8Array.from([0x21, ...bytes])),
    fc.tuple(fc.nat(19), fc.nat(255)).map(([at, value]) => encode().fill(value, at, at + 1)),
  );
  fc.assert(
    fc.property(hostile, fc.constantFrom(null, secret), (bytes, password) => {
      const longer = new Uint8Array(bytes.length + 300).fill(0x21);
      longer.set(bytes);
      const { verdict } = read(bytes, { password });
      t.true(verdicts.has(verdict));
      const kind = readKind(longer, 0, bytes.length);
      const own = { ...rules, password };
      const again = () => readAdvert(longer, 0, bytes.length, source, group, own, newAdvertRecord());
      t.is(kind === 'accepted' ? again() : kind, verdict);
    }),
    { seed: 3768, numRuns: 5000 },
  );
});
