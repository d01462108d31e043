import test from 'ava';
import { createUdpChecker } from '../../../src/checks/udp/checker.js';
import { nsFromMs } from '../../../src/model/units.js';
import { bytes, probeOnce, summary, udpCheck } from '../../support/fixtures/checks.js';
import { udpServer } from '../../support/peers/servers.js';

const short = { timeoutNs: nsFromMs(1500) };

test('any answer is good where nothing is expected, to an empty datagram too', async (t) => {
  let asked = -1;
  const port = await udpServer(t, (datagram, reply) => {
    asked = datagram.length;
    reply(bytes('here'));
  });
  t.is(summary(await probeOnce(createUdpChecker, { port }, udpCheck)), 'healthy: answered with 4 bytes');
  t.is(asked, 0);
});

test('an empty answer is an answer', async (t) => {
  const port = await udpServer(t, (_, reply) => reply(new Uint8Array()));
  t.is(summary(await probeOnce(createUdpChecker, { port }, udpCheck)), 'healthy: answered with 0 bytes');
});

test('the answer is compared as far as the expected bytes go', async (t) => {
  const port = await udpServer(t, (datagram, reply) => reply(Buffer.concat([datagram, bytes('!')])));
  const check = { ...udpCheck, send: bytes('ping') };
  const good = await probeOnce(createUdpChecker, { port }, { ...check, receive: bytes('pin') });
  t.is(good.kind, 'healthy');
  const wrong = await probeOnce(createUdpChecker, { port }, { ...check, receive: bytes('pong') });
  // What was sent may be a secret, so an echo of it is hidden.
  t.is(summary(wrong), `mismatch: 127.0.0.1:${port}: received "***!", expected "pong"`);
  const longer = await probeOnce(createUdpChecker, { port }, { ...check, receive: bytes('ping!?') });
  t.is(longer.kind, 'unhealthy');
});

test('a closed port is refused at once', async (t) => {
  // Port 9 of loopback has no listener here; the kernel answers with ICMP port unreachable.
  const outcome = await probeOnce(createUdpChecker, { port: 9 }, udpCheck);
  t.is(summary(outcome), 'refused: 127.0.0.1:9: connection refused');
});

test('silence is a timeout', async (t) => {
  const port = await udpServer(t, () => {});
  const outcome = await probeOnce(createUdpChecker, { port }, { ...udpCheck, ...short });
  t.is(summary(outcome), 'timeout: timed out after 1s 500ms in receive');
});

test('only datagrams from the target count', async (t) => {
  let intruder: ((port: number) => void) | undefined;
  await udpServer(t, (_datagram, _reply, socket) => {
    intruder ??= (port) => socket.send('forged', port, '127.0.0.1');
  }).then(async (helper) => {
    // A first datagram tells the helper socket to exist; it then answers in the target's place.
    await probeOnce(createUdpChecker, { port: helper }, { ...udpCheck, ...short });
  });
  const port = await udpServer(t, (_datagram, _reply, _socket, from) => intruder?.(from));
  const outcome = await probeOnce(createUdpChecker, { port }, { ...udpCheck, ...short });
  t.is(summary(outcome), 'timeout: timed out after 1s 500ms in receive');
});

test('a probe leaves from its source address', async (t) => {
  const port = await udpServer(t, (_, reply) => reply(bytes('x')));
  t.is((await probeOnce(createUdpChecker, { port }, { ...udpCheck, source: '127.0.0.9' })).kind, 'healthy');
  const foreign = await probeOnce(createUdpChecker, { port }, { ...udpCheck, source: '192.0.2.7' });
  t.is(foreign.kind, 'error');
});
