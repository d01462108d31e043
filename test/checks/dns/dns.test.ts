import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import packet, { type DecodedPacket, type Packet } from 'dns-packet';
import { createDnsChecker } from '../../../src/checks/dns/checker.js';
import type { DnsCheck } from '../../../src/checks/dns/index.js';
import { SYSTEM_RESOLVER } from '../../../src/checks/probing/system-names.js';
import { nsFromMs } from '../../../src/model/units.js';
import { dnsCheck, probeOnce, summary } from '../../support/fixtures/checks.js';
import { floodingUdpServer, tcpServer, udpServer } from '../../support/peers/servers.js';

const probe = async (port: number, check: Partial<DnsCheck> = {}): Promise<string> =>
  summary(await probeOnce(createDnsChecker, { port }, { ...dnsCheck, ...check })).replaceAll(`127.0.0.1:${port}`, 'T');

const answerTo = (query: DecodedPacket, answer: Partial<Packet> & { readonly rcode?: number }): Buffer =>
  packet.encode({
    type: 'response',
    id: query.id ?? 0,
    questions: query.questions ?? [],
    ...answer,
    flags: (answer.flags ?? 0) | (answer.rcode ?? 0),
  });
const serve = (t: ExecutionContext, reply: (query: DecodedPacket) => readonly Buffer[]): Promise<number> =>
  udpServer(t, (datagram, send) => {
    for (const bytes of reply(packet.decode(datagram))) send(bytes);
  });
const a = (name: string, data: string) => ({ type: 'A', name, data }) as const;

test('an answer with the expected addresses, in any order', async (t) => {
  const port = await serve(t, (query) => [
    answerTo(query, { answers: [a('www.example', '192.0.2.1'), a('www.example', '192.0.2.2')] }),
  ]);
  t.is(await probe(port), 'healthy: NOERROR, 192.0.2.1, 192.0.2.2');
  t.is(await probe(port, { expected: ['192.0.2.2', '192.0.2.1'] }), 'healthy: NOERROR, 192.0.2.1, 192.0.2.2');
  t.is(
    await probe(port, { expected: ['192.0.2.2', '192.0.2.3'] }),
    'mismatch: T: 192.0.2.3 is missing: the answer has 192.0.2.1, 192.0.2.2',
  );
});

test('aliases are followed inside the answer, loops end, and other names do not count', async (t) => {
  const cname = (name: string, data: string) => ({ type: 'CNAME', name, data }) as const;
  const answers: Record<string, Packet['answers']> = {
    'www.example': [cname('WWW.example', 'b.example'), cname('b.example', 'c.example'), a('c.example', '192.0.2.1')],
    'loop.example': [cname('loop.example', 'x.example'), cname('x.example', 'loop.example')],
    'other.example': [a('evil.example', '192.0.2.1')],
  };
  const port = await serve(t, (query) => [
    answerTo(query, { answers: answers[query.questions?.[0]?.name ?? ''] ?? [] }),
  ]);
  t.is(await probe(port, { expected: ['192.0.2.1'] }), 'healthy: NOERROR, 192.0.2.1');
  t.is(await probe(port, { query: 'loop.example' }), 'mismatch: T: no A record in the answer');
  t.is(await probe(port, { query: 'other.example' }), 'mismatch: T: no A record in the answer');
  t.is(await probe(port, { record: 'CNAME', expected: ['B.EXAMPLE.'] }), 'healthy: NOERROR, b.example');
});

test('the response code is compared', async (t) => {
  const port = await serve(t, (query) => [answerTo(query, { rcode: 3 })]);
  t.is(await probe(port), 'status: T: NXDOMAIN, expected NOERROR');
  t.is(await probe(port, { rcode: 'NXDOMAIN' }), 'healthy: NXDOMAIN');
});

test('forged, garbled and mistaken datagrams are passed over until the answer comes', async (t) => {
  const port = await serve(t, (query) => [
    Buffer.from('garbage'),
    answerTo({ ...query, id: ((query.id ?? 0) + 1) & 0xffff }, { answers: [a('www.example', '203.0.113.1')] }),
    answerTo({ ...query, questions: [{ type: 'A', name: 'other.example' }] }, { answers: [] }),
    packet.encode({ type: 'query', id: query.id ?? 0, questions: query.questions ?? [] }),
    answerTo(query, { answers: [a('www.example', '192.0.2.1')] }),
  ]);
  t.is(await probe(port), 'healthy: NOERROR, 192.0.2.1');
});

test('nothing but forged datagrams is a timeout that counts them', async (t) => {
  const port = await serve(t, () => [Buffer.from('garbage'), Buffer.alloc(12)]);
  t.is(
    await probe(port, { timeoutNs: nsFromMs(1500) }),
    'timeout: timed out after 1s 500ms in query (2 datagrams that answer another query ignored)',
  );
});

test('a flood of datagrams that answer another query ends the probe', async (t) => {
  const port = await floodingUdpServer(t, () => Buffer.alloc(12));
  t.is(await probe(port), 'protocol: T: more than 1000 datagrams that answer another query');
});

test('a truncated answer is asked for again over TCP', async (t) => {
  let overTcp = 0;
  const port = await tcpServer(t, (socket) => {
    overTcp += 1;
    socket.once('data', (data) => {
      const [first, ...rest] = packetsOf(
        packet.streamEncode({
          type: 'response',
          id: packet.decode(data.subarray(2)).id ?? 0,
          questions: packet.decode(data.subarray(2)).questions ?? [],
          answers: [a('www.example', '192.0.2.1')],
        }),
      );
      // In two pieces, the first of which cuts the length in half.
      socket.write(first ?? '', () => setImmediate(() => socket.write(Buffer.concat(rest))));
    });
  });
  const udp = createSocket('udp4');
  udp.on('message', (datagram, from) => {
    const cut = answerTo(packet.decode(datagram), { flags: packet.TRUNCATED_RESPONSE });
    udp.send(cut, from.port, from.address);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  t.teardown(() => udp.close());
  t.is(await probe(port), 'healthy: NOERROR, 192.0.2.1');
  t.is(await probe(port, { tcp: true }), 'healthy: NOERROR, 192.0.2.1');
  t.is(overTcp, 2);
});
const packetsOf = (bytes: Buffer): Buffer[] => [bytes.subarray(0, 1), bytes.subarray(1)];

test('what TCP can do wrong', async (t) => {
  const closing = await tcpServer(t, (socket) => socket.once('data', () => socket.end(Buffer.of(0, 100, 1))));
  t.is(await probe(closing, { tcp: true }), 'closed: T: closed after 3 bytes of the answer');
  const garbage = await tcpServer(t, (socket) => socket.once('data', () => socket.write(Buffer.of(0, 3, 1, 2, 3))));
  t.is(await probe(garbage, { tcp: true }), 'protocol: T: 3 bytes are no DNS message');
  const foreign = await tcpServer(t, (socket) =>
    socket.once('data', () => socket.write(Buffer.concat([Buffer.of(0, 12), Buffer.alloc(12)]))),
  );
  t.is(await probe(foreign, { tcp: true }), 'protocol: T: the answer over TCP is for another query');
});

test('a server that refuses EDNS is asked without', async (t) => {
  const asked: number[] = [];
  const port = await serve(t, (query) => {
    asked.push(query.additionals?.length ?? 0);
    return [
      answerTo(query, query.additionals?.length === 0 ? { answers: [a('www.example', '192.0.2.1')] } : { rcode: 1 }),
    ];
  });
  t.is(await probe(port), 'healthy: NOERROR, 192.0.2.1');
  t.deepEqual(asked, [1, 0]);
});

test('nobody at the port', async (t) => {
  t.is(await probe(9), 'refused: T: connection refused');
});

test('another port and an address to look up in reverse', async (t) => {
  const port = await serve(t, (query) => [
    answerTo(query, { answers: [{ type: 'PTR', name: query.questions?.[0]?.name ?? '', data: 'web.example' }] }),
  ]);
  const outcome = await probeOnce(
    createDnsChecker,
    { port: 1 },
    {
      ...dnsCheck,
      serverPort: port as never,
      query: '192.0.2.1',
      record: 'PTR',
      expected: ['web.example'],
    },
  );
  t.is(summary(outcome), 'healthy: NOERROR, web.example');
});

test('a query that is no name is our fault', async (t) => {
  t.is(await probe(9, { query: 'a..b' }), 'error: the query "a..b" is not a domain name');
});

test('the system’s resolver knows the hosts file, in which every host has itself', async (t) => {
  const ask = async (check: Partial<DnsCheck>) =>
    summary(await probeOnce(createDnsChecker, { host: SYSTEM_RESOLVER, port: 53 }, { ...dnsCheck, ...check }));
  t.is(await ask({ query: 'localhost', expected: ['127.0.0.1'] }), 'healthy: NOERROR, 127.0.0.1');
  t.regex(
    await ask({ query: 'LOCALHOST.', expected: ['192.0.2.1'] }),
    /^mismatch: .*192\.0\.2\.1 is missing: the answer has 127/,
  );
  // Not in the file: somebody is asked, who does not know it, or is not there.
  t.notRegex(await ask({ query: 'nobody.invalid' }), /^healthy/);
});
