import { createHash, createHmac } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { encodeAccessRequest, readAnswer } from '../../../src/wire/radius/packet.js';
import { fromHex as hex } from '../../support/fixtures/hex.js';

// The request and the accept of RFC 2865 section 7.1: user nemo, password arctangent, secret xyzzy5461.
const rfcAuthenticator = hex('0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a');
const rfcHiddenPassword = '0dbe708d93d413ce3196e43f782a0aee';
const rfcAccept = hex(
  '02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00 0e 06 c0 a8 01 03',
);
const request = {
  identifier: 0,
  authenticator: rfcAuthenticator,
  username: 'nemo',
  password: 'arctangent',
  secret: 'xyzzy5461',
  nasIdentifier: 'test',
};

/** The attributes of a packet as pairs of type and hexadecimal value. */
const attributesOf = (packet: Buffer): [number, string][] => {
  const found: [number, string][] = [];
  for (let at = 20; at < packet.length; at += packet[at + 1] ?? 1) {
    found.push([packet[at] ?? 0, packet.toString('hex', at + 2, at + (packet[at + 1] ?? 0))]);
  }
  return found;
};

test("the password is hidden as in the RFC's example", (t) => {
  const packet = encodeAccessRequest(request) ?? Buffer.alloc(0);
  t.is(packet[0], 1);
  t.is(packet.readUInt16BE(2), packet.length);
  t.deepEqual(
    attributesOf(packet).filter(([type]) => type !== 80),
    [
      [1, Buffer.from('nemo').toString('hex')],
      [2, rfcHiddenPassword],
      [32, Buffer.from('test').toString('hex')],
    ],
  );
});

test('the message authenticator signs the whole request', (t) => {
  const packet = encodeAccessRequest(request) ?? Buffer.alloc(0);
  const [first] = attributesOf(packet);
  const blank = Buffer.from(packet).fill(0, 22, 38);
  t.deepEqual(first, [80, createHmac('md5', 'xyzzy5461').update(blank).digest('hex')]);
});

test('a long password takes several blocks, and too long a one is refused', (t) => {
  const packet = encodeAccessRequest({ ...request, password: 'x'.repeat(33) }) ?? Buffer.alloc(0);
  t.is(attributesOf(packet).find(([type]) => type === 2)?.[1].length, 2 * 48);
  t.is(encodeAccessRequest({ ...request, password: 'x'.repeat(129) }), null);
  t.is(encodeAccessRequest({ ...request, username: 'x'.repeat(254) }), null);
  t.is(attributesOf(encodeAccessRequest({ ...request, password: '' }) ?? Buffer.alloc(0))[2]?.[1].length, 32);
});

test("the accept of the RFC's example is read", (t) => {
  t.deepEqual(readAnswer(rfcAccept, request), { kind: 'answer', answer: 'accept' });
  t.deepEqual(readAnswer(Buffer.concat([rfcAccept, Buffer.of(1, 2, 3)]), request), {
    kind: 'answer',
    answer: 'accept',
  });
});

/** A well-signed answer with these attributes, which hold 16 zero bytes where a message authenticator is to come. */
function signed(code: number, attributes: Buffer, signAt: number | null): Buffer {
  const packet = Buffer.concat([Buffer.of(code, 0, 0, 0), request.authenticator, attributes]);
  packet.writeUInt16BE(packet.length, 2);
  if (signAt !== null) packet.set(createHmac('md5', request.secret).update(packet).digest(), 20 + signAt);
  packet.set(createHash('md5').update(packet).update(request.secret).digest(), 4);
  return packet;
}

test('challenge and reject, with a message authenticator', (t) => {
  const blank = Buffer.concat([Buffer.of(80, 18), Buffer.alloc(16)]);
  t.deepEqual(readAnswer(signed(11, blank, 2), request), { kind: 'answer', answer: 'challenge' });
  t.deepEqual(readAnswer(signed(3, Buffer.alloc(0), null), request), { kind: 'answer', answer: 'reject' });
  t.deepEqual(readAnswer(signed(2, blank, null), request), {
    kind: 'refused',
    reason: 'a wrong message authenticator',
  });
});

test('what is wrong with an answer is said', (t) => {
  const reason = (bytes: Uint8Array, changed: Partial<typeof request> = {}): string => {
    const read = readAnswer(bytes, { ...request, ...changed });
    return read.kind === 'refused' ? read.reason : read.answer;
  };
  t.is(reason(rfcAccept, { identifier: 1 }), 'a wrong identifier');
  t.is(reason(rfcAccept, { secret: 'other' }), 'a wrong response authenticator (is the secret right?)');
  t.is(reason(rfcAccept.subarray(0, 30)), 'a wrong length');
  t.is(reason(Buffer.of(1)), 'not a RADIUS packet');
  t.is(reason(signed(5, Buffer.alloc(0), null)), 'the code 5');
  t.is(reason(signed(2, Buffer.of(80, 3, 0), null)), 'malformed attributes');
  t.is(reason(signed(2, Buffer.of(1, 1), null)), 'malformed attributes');
  t.is(reason(signed(2, Buffer.of(1, 9, 0), null)), 'malformed attributes');
});

test('any bytes give a value, and only the right ones an answer', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readAnswer(bytes, request).kind === 'refused'),
    { seed: 3, numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.nat(rfcAccept.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const mutated = Uint8Array.from(rfcAccept);
      mutated[at] = (mutated[at] ?? 0) ^ change;
      return readAnswer(mutated, request).kind === 'refused';
    }),
    { seed: 4, numRuns: 2000 },
  );
  t.pass();
});
