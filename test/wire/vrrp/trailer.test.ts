import { createHmac } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { addressBytes } from '../../../src/model/ip-address.js';
import { nsFromMs } from '../../../src/model/units.js';
import {
  encodeAdvert,
  multicastGroup,
  newAdvertRecord,
  type ReadRules,
  readAdvert,
} from '../../../src/wire/vrrp/advert.js';
import { keyBytes } from '../../../src/wire/vrrp/hmac-key.js';
import {
  hasHmac,
  readTrailer,
  signedLength,
  TRAILER_BYTES,
  type TrailerRecord,
  writeHmac,
  writeSigned,
  writeTrailer,
} from '../../../src/wire/vrrp/trailer.js';
import { fromHex, toHex } from '../../support/fixtures/hex.js';

const address = (text: string): Uint8Array => addressBytes(text) ?? new Uint8Array();
const KEY = `hex:${toHex(Uint8Array.from({ length: 32 }, (_, index) => index))}`;
const trailer = (): TrailerRecord => ({ keyId: 0, seconds: 0, ticks: 0 });

function hmacOf(message: Uint8Array, source: Uint8Array, key: string): Uint8Array {
  const signed = new Uint8Array(signedLength(message.length));
  writeSigned(signed, source, message, 0, message.length);
  return createHmac('sha256', keyBytes(key) ?? '')
    .update(signed)
    .digest();
}

/** Message, trailer without its HMAC, and the HMAC. The first two are the draft's own, the last was made by hand with Python's hmac. */
const vectors = [
  {
    title: 'version 3, IPv4 (draft-cassen-vrrp-auth-hmac)',
    source: address('198.51.100.10'),
    key: KEY,
    hex: ['3133c80100644402c0000264', '010100006800000080000000', '1b84bc4e8e43892dc6d98448f8ee2265'],
    expected: { keyId: 1, seconds: 0x6800_0000, ticks: 0x8000_0000 },
  },
  {
    title: 'version 3, IPv6 (draft-cassen-vrrp-auth-hmac)',
    source: address('fe80::10'),
    key: KEY,
    hex: [
      '3133c8010064a2e9fe800000000000000000000000000100',
      '010100006800000080000000',
      'c8c56146ebfd66ee10ec4d8186461b78',
    ],
    expected: { keyId: 1, seconds: 0x6800_0000, ticks: 0x8000_0000 },
  },
  {
    title: 'version 2, with a key of text and a counter',
    source: address('10.0.0.2'),
    key: 'k'.repeat(64),
    hex: ['213cc80100010c5d0a0000640000000000000000', '010700006900000140000002', 'adca3c37eb036612df3870d8cc59af90'],
    expected: { keyId: 7, seconds: 0x6900_0001, ticks: 0x4000_0002 },
  },
] as const;

for (const { title, source, key, hex, expected } of vectors) {
  test(`signs and verifies, byte for byte: ${title}`, (t) => {
    const [message = '', prefix = '', hmac = ''] = hex;
    const whole = fromHex(hex.join(''));
    const at = whole.length - TRAILER_BYTES;
    const read = trailer();
    t.true(readTrailer(whole, at, read));
    t.deepEqual(read, expected);
    t.true(hasHmac(whole, at, hmacOf(whole, source, key)));

    const made = Uint8Array.from([...fromHex(message), ...new Uint8Array(TRAILER_BYTES)]);
    writeTrailer(made, at, expected.keyId, expected);
    t.is(toHex(made.subarray(at, at + 12)), prefix);
    writeHmac(made, at, hmacOf(made, source, key));
    t.is(toHex(made.subarray(at + 12)), hmac);
  });

  test(`another bit anywhere but in the checksum, or another source, is another HMAC: ${title}`, (t) => {
    const whole = fromHex(hex.join(''));
    const at = whole.length - TRAILER_BYTES;
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const changed = Uint8Array.from(whole);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const isChecksum = bit >> 3 === 6 || bit >> 3 === 7;
      t.is(hasHmac(changed, at, hmacOf(changed, source, key)), isChecksum, `bit ${bit}`);
    }
    t.false(hasHmac(whole, at, hmacOf(whole, address(source.length === 4 ? '10.0.0.3' : 'fe80::3'), key)));
  });
}

test('a trailer of another scheme, or with reserved bits, is none', (t) => {
  const bytes = fromHex('010100006800000080000000');
  t.true(readTrailer(bytes, 0, trailer()));
  for (const [at, value] of [
    [0, 2],
    [2, 1],
    [3, 1],
  ] as const)
    t.false(readTrailer(Uint8Array.from(bytes).fill(value, at, at + 1), 0, trailer()));
});

const rules: ReadRules = {
  family: 'ipv4',
  dialect: 'rfc',
  checksum: 'auto',
  version: 3,
  interval: nsFromMs(1000),
  password: null,
  takesTrailer: true,
};

test('an advert with a trailer comes back as it was, in either version and family, and is refused by who expects none', (t) => {
  const any = fc.record({
    version: fc.constantFrom<2 | 3>(2, 3),
    ipv6: fc.boolean(),
    count: fc.integer({ min: 1, max: 255 }),
    hasTrailer: fc.boolean(),
  });
  fc.assert(
    fc.property(any, ({ version, ipv6, count, hasTrailer }) => {
      const family = ipv6 && version === 3 ? 'ipv6' : 'ipv4';
      const source = address(family === 'ipv6' ? 'fe80::1' : '10.0.0.2');
      const addresses = new Array<Uint8Array>(count).fill(source);
      const fields = {
        version,
        family,
        vrid: 1,
        priority: 9,
        interval: nsFromMs(1000),
        addresses,
        hasTrailer,
      } as const;
      const group = multicastGroup(family);
      const bytes = encodeAdvert(fields, source, group, 'pseudo-header');
      if (hasTrailer && family === 'ipv4') bytes[bytes.length - TRAILER_BYTES] = 1;
      const record = newAdvertRecord();
      const own = { ...rules, version, family } as const;
      t.is(readAdvert(bytes, 0, bytes.length, source, group, own, record), 'accepted');
      t.is(record.trailerAt, hasTrailer ? bytes.length - TRAILER_BYTES : -1);
      const plain = readAdvert(bytes, 0, bytes.length, source, group, { ...own, takesTrailer: false }, record);
      t.is(plain, !hasTrailer ? 'accepted' : family === 'ipv4' ? 'authentication' : 'length');
    }),
    { seed: 2104 },
  );
});

test('no bytes behind a message make a reader throw', (t) => {
  const start = encodeAdvert(
    { family: 'ipv4', vrid: 1, priority: 9, interval: nsFromMs(1000), addresses: [address('10.0.0.9')] },
    address('10.0.0.2'),
    multicastGroup('ipv4'),
    'message',
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (tail) => {
      const bytes = Uint8Array.from([...start, ...tail]);
      const group = multicastGroup('ipv4');
      const verdict = readAdvert(bytes, 0, bytes.length, address('10.0.0.2'), group, rules, newAdvertRecord());
      t.is(verdict, tail.length === 0 || tail.length === TRAILER_BYTES ? 'accepted' : 'length');
    }),
    { seed: 2104 },
  );
});

test('a key is 32 to 64 bytes, of hex digits or of text', (t) => {
  t.is(keyBytes(KEY)?.length, 32);
  t.is(keyBytes(`hex:${'Ab'.repeat(64)}`)?.length, 64);
  t.is(keyBytes('é'.repeat(16))?.length, 32);
  const wrong = [
    `hex:${'ab'.repeat(31)}`,
    `hex:${'ab'.repeat(65)}`,
    `${KEY}0`,
    `hex:${'xy'.repeat(32)}`,
    'k'.repeat(31),
  ];
  for (const text of [...wrong, 'k'.repeat(65), '', `file:/etc/${'k'.repeat(40)}`]) t.is(keyBytes(text), null, text);
});
