import test from 'ava';
import packet from 'dns-packet';
import fc from 'fast-check';
import { addressBytes } from '../../../src/model/ip-address.js';
import { decodeMessage, encodeQuery } from '../../../src/wire/dns/message.js';
import { encodeName, readName, reverseName } from '../../../src/wire/dns/name.js';

const roundTrip = (text: string): string | undefined => {
  const bytes = encodeName(text);
  return bytes === null ? undefined : readName(bytes, 0)?.name;
};

test('names come back lower-case and without the last dot', (t) => {
  t.is(roundTrip('WWW.Example.'), 'www.example');
  t.is(roundTrip('.'), '.');
  t.is(roundTrip('a\\.b.example'), 'a\\.b.example');
  t.is(roundTrip('sp\\032ace.example'), 'sp\\032ace.example');
});

test('names that can not exist are refused', (t) => {
  for (const text of ['a..b', '.a', `${'x'.repeat(64)}.example`, Array(130).fill('a').join('.'), '\\999', '\\']) {
    t.is(encodeName(text), null, text);
  }
});

test('pointers go backwards only, and not for ever', (t) => {
  t.is(readName(Uint8Array.of(0xc0, 0x00), 0), null);
  t.is(readName(Uint8Array.of(0xc0, 0x02, 0xc0, 0x00), 0), null);
  t.deepEqual(readName(Uint8Array.of(1, 0x61, 0, 1, 0x62, 0xc0, 0x00, 9), 3), { name: 'b.a', end: 7 });
  const chain = Uint8Array.from([
    0,
    ...Array.from({ length: 200 }, (_, at) => [0xc0 | ((at * 2 - 1) >> 8), at === 0 ? 0 : (at * 2 - 1) & 0xff]).flat(),
  ]);
  t.is(readName(chain, 1 + 2 * 199), null);
});

test('reverse names', (t) => {
  t.is(reverseName(addressBytes('192.0.2.1') ?? new Uint8Array()), '1.2.0.192.in-addr.arpa');
  t.regex(
    reverseName(addressBytes('2001:db8::1') ?? new Uint8Array()),
    /^1\.0\.0\.0\..*\.8\.b\.d\.0\.1\.0\.0\.2\.ip6\.arpa$/,
  );
});

test('a query is what an independent decoder reads', (t) => {
  const bytes = encodeQuery({ id: 0xbeef, name: 'www.example', type: 'SRV', payloadBytes: 1232 });
  const read = packet.decode(bytes ?? Buffer.alloc(0));
  t.is(read.id, 0xbeef);
  t.true(read.flag_rd);
  t.deepEqual(read.questions, [{ name: 'www.example', type: 'SRV', class: 'IN' }]);
  t.is(read.additionals?.[0]?.type, 'OPT');
  t.is(
    packet.decode(encodeQuery({ id: 1, name: 'x', type: 'A', payloadBytes: null }) ?? Buffer.alloc(0)).additionals
      ?.length,
    0,
  );
});

const answers: packet.Answer[] = [
  { type: 'CNAME', name: 'WWW.example', data: 'web.example' },
  { type: 'A', name: 'web.example', ttl: 60, data: '192.0.2.1' },
  { type: 'AAAA', name: 'web.example', data: '2001:db8:0:0::1' },
  { type: 'MX', name: 'example', data: { preference: 10, exchange: 'Mail.example' } },
  { type: 'SRV', name: '_sip._tcp.example', data: { priority: 1, weight: 2, port: 5060, target: 'sip.example' } },
  { type: 'TXT', name: 'example', data: ['v=spf1 ', '-all'] },
  { type: 'NS', name: 'example', data: 'ns.example' },
  { type: 'PTR', name: '1.2.0.192.in-addr.arpa', data: 'web.example' },
  {
    type: 'SOA',
    name: 'example',
    data: { mname: 'ns.example', rname: 'hostmaster.example', serial: 7, refresh: 1, retry: 2, expire: 3, minimum: 4 },
  },
];

test('answers of an independent encoder are read as in a zone file', (t) => {
  const bytes = packet.encode({
    type: 'response',
    id: 7,
    flags: packet.AUTHORITATIVE_ANSWER,
    questions: [{ type: 'A', name: 'www.example' }],
    answers,
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 1232,
        extendedRcode: 1,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
  const read = decodeMessage(bytes);
  if (read.kind !== 'message') return t.fail(read.reason);
  const { message } = read;
  t.true(message.response && message.edns && !message.truncated);
  t.is(message.rcode, 16);
  t.deepEqual(message.question, { name: 'www.example', type: 1, class: 1 });
  t.deepEqual(
    message.answers.map(({ name, data }) => `${name} ${data}`),
    [
      'www.example web.example',
      'web.example 192.0.2.1',
      'web.example 2001:db8::1',
      'example 10 mail.example',
      '_sip._tcp.example 1 2 5060 sip.example',
      'example v=spf1 -all',
      'example ns.example',
      '1.2.0.192.in-addr.arpa web.example',
      'example ns.example hostmaster.example 7 1 2 3 4',
    ],
  );
});

test('any bytes give a value', (t) => {
  const whole = packet.encode({ type: 'response', id: 7, questions: [{ type: 'A', name: 'www.example' }], answers });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      decodeMessage(bytes);
    }),
    { seed: 1, numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), (cut, at, value) => {
      const mutated = Uint8Array.from(whole);
      mutated[at] = value;
      const read = decodeMessage(mutated.subarray(0, cut));
      if (cut < whole.length && at < 2) t.is(read.kind, 'malformed');
    }),
    { seed: 2, numRuns: 5000 },
  );
  t.pass();
});

test('a message full of pointers costs little', (t) => {
  // 5,000 answers whose names are chains of pointers through 16 KiB: refused at the first.
  const bytes = Buffer.alloc(65_000);
  bytes.writeUInt16BE(0x8000, 2);
  bytes.writeUInt16BE(5000, 6);
  for (let at = 14; at < 16_000; at += 2) bytes.writeUInt16BE(0xc000 | (at - 2), at);
  t.is(decodeMessage(bytes).kind, 'malformed');
});
