import test from 'ava';
import fc from 'fast-check';
import { BackendReader, encodeQuery, encodeStartup } from '../../../src/wire/postgres/messages.js';
import { scramFinal, scramFirst, scramVerified } from '../../../src/wire/postgres/scram.js';
import { fromHex } from '../../support/fixtures/hex.js';

const message = (type: string, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
};

test('the startup and query messages', (t) => {
  t.deepEqual(
    [...encodeStartup({ user: 'a', database: 'b' })],
    [...fromHex('00000019 00030000'), ...Buffer.from('user\0a\0database\0b\0\0')].map((byte, at) =>
      at === 3 ? 27 : byte,
    ),
  );
  t.is(encodeQuery('SELECT 1').toString('latin1'), 'Q\0\0\0\rSELECT 1\0');
});

test('what the server says', (t) => {
  const reader = new BackendReader();
  const bytes = Buffer.concat([
    message('R', fromHex('00000005 01020304')),
    message('R', Buffer.concat([fromHex('0000000a'), Buffer.from('SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0')])),
    message('R', fromHex('00000000')),
    message('S', Buffer.from('TimeZone\0UTC\0')),
    message('D', fromHex('0002 00000001 31 ffffffff')),
    message('E', Buffer.from('SFATAL\0C28P01\0Mno\n entry\0\0')),
    message('Z', Buffer.from('I')),
  ]);
  const messages = [...bytes].flatMap((byte) => {
    const read = reader.push(Buffer.of(byte));
    return read.kind === 'messages' ? read.messages : [];
  });
  t.deepEqual(messages, [
    { kind: 'auth-md5', salt: Uint8Array.of(1, 2, 3, 4) },
    { kind: 'auth-sasl', mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'] },
    { kind: 'auth-ok' },
    { kind: 'other', type: 'S' },
    { kind: 'row', columns: ['1', null] },
    { kind: 'error', sqlState: '28P01', message: 'no? entry' },
    { kind: 'ready' },
  ]);
});

test('lying lengths and other protocols are refused', (t) => {
  const reason = (bytes: Uint8Array): string => {
    const read = new BackendReader().push(Buffer.from(bytes));
    return read.kind === 'malformed' ? read.reason : 'good';
  };
  t.is(reason(fromHex('52 7fffffff')), 'a message of 2147483647 bytes');
  t.is(reason(fromHex('52 00000003')), 'a message of 3 bytes');
  t.is(reason(Buffer.from('HTTP/1.1 400')), 'a message of 1414811695 bytes');
  t.is(reason(Buffer.from('\x15\x03\x01')), 'not PostgreSQL: it sends "???"');
  t.is(reason(message('D', fromHex('0001 000000ff 31'))), 'a malformed message of type D');
  t.is(reason(message('R', fromHex('0000'))), 'a malformed message of type R');
});

test('any bytes give a value', (t) => {
  const type = fc.constantFrom('R', 'E', 'D', 'Z', 'S', 'N', '1');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(type, fc.uint8Array({ maxLength: 40 })), { maxLength: 5 }),
      fc.nat(300),
      (parts, length) => {
        const bytes = Buffer.concat(parts.map(([kind, body]) => message(kind, body)));
        new BackendReader().push(bytes.subarray(0, length));
        new BackendReader().push(Buffer.concat(parts.map(([, body]) => body)));
      },
    ),
    { seed: 31, numRuns: 2000 },
  );
  t.pass();
});

// The exchange of RFC 7677 section 3, with its user name left out as PostgreSQL does.
test("SCRAM-SHA-256 follows the RFC's arithmetic", async (t) => {
  t.is(scramFirst('abc'), 'n,,n=,r=abc');
  const nonce = 'rOprNGfwEbeRWgbNEkqO';
  const first = `r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
  const final = await scramFinal(nonce, 'pencil', first);
  if (final.kind !== 'final') return t.fail(final.reason);
  t.regex(final.message, /^c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj\)hNlF\$k0,p=[A-Za-z0-9+/]{43}=$/);
  t.true(scramVerified(`v=${final.verifier}`, final.verifier));
  t.false(scramVerified('v=AAAA', final.verifier));
  t.false(scramVerified('e=other-error', final.verifier));
});

test('SCRAM refuses a foreign nonce, and work without end', async (t) => {
  const reason = async (first: string): Promise<string> => {
    const final = await scramFinal('mine', 'x', first);
    return final.kind === 'malformed' ? final.reason : 'good';
  };
  t.is(await reason('r=yours123,s=AAAA,i=4096'), 'a SCRAM nonce that is not ours');
  t.is(await reason('r=mine,s=AAAA,i=4096'), 'a SCRAM nonce that is not ours');
  t.is(await reason('r=mine1,s=AAAA,i=999999999'), '999999999 SCRAM iterations; 1 to 200000 are done');
  t.is(await reason('r=mine1,s=AAAA,i=0'), '0 SCRAM iterations; 1 to 200000 are done');
  t.is(await reason('hello'), 'a malformed SCRAM message');
});
