import test from 'ava';
import { Packr } from 'msgpackr';
import { protocol } from '../../../src/wire/links/protocol.js';

type Ping = { readonly kind: 'ping'; readonly id: number; readonly body: Uint8Array };
const pings = protocol<Ping>('pings', 1, { ping: { id: 'number', body: 'bytes' } });

test('a message comes back as it was sent', (t) => {
  const message: Ping = { kind: 'ping', id: 2 ** 53 - 1, body: new Uint8Array([0, 255]) };
  const decoded = pings.decode(pings.encode(message));
  t.is(decoded.kind, 'known');
  if (decoded.kind !== 'known') return;
  t.is(decoded.message.id, message.id);
  t.deepEqual([...decoded.message.body], [0, 255]);
});

test('the encoded bytes own their buffer, so that a transfer takes nothing else along', (t) => {
  const bytes = pings.encode({ kind: 'ping', id: 1, body: new Uint8Array() });
  t.is(bytes.byteLength, bytes.buffer.byteLength);
});

test('an unknown kind is a value, not an error', (t) => {
  t.deepEqual(pings.decode(new Packr({ useRecords: false }).pack({ kind: 'pong' })), {
    kind: 'unknown',
    messageKind: 'pong',
  });
});

test('a malformed message says what is wrong with it', (t) => {
  const pack = (value: unknown) => pings.decode(new Packr({ useRecords: false }).pack(value));
  t.deepEqual(pack({ kind: 'ping', id: 'x', body: Buffer.alloc(0) }), {
    kind: 'malformed',
    reason: 'ping.id is not number',
  });
  t.deepEqual(pack([1]), { kind: 'malformed', reason: 'no kind' });
  t.is(pings.decode(new Uint8Array([0xc1])).kind, 'malformed');
});
