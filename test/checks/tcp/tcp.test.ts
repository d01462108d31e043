import { readFileSync } from 'node:fs';
import test from 'ava';
import { createTcpChecker } from '../../../src/checks/tcp/checker.js';
import type { Outcome, RunningProbe } from '../../../src/model/probe.js';
import { nsFromMs } from '../../../src/model/units.js';
import { bytes, probeOnce, summary, tcpCheck, testContext } from '../../support/fixtures/checks.js';
import { freePort } from '../../support/fixtures/ports.js';
import { tcpServer } from '../../support/peers/servers.js';

const short = { timeoutNs: nsFromMs(1500) };

test('an open port is healthy', async (t) => {
  const port = await tcpServer(t, () => {});
  t.is(summary(await probeOnce(createTcpChecker, { port }, tcpCheck)), 'healthy: connected');
});

test('a closed port is refused', async (t) => {
  const port = await freePort();
  const outcome = await probeOnce(createTcpChecker, { port }, tcpCheck);
  t.is(summary(outcome), `refused: 127.0.0.1:${port}: connection refused`);
  t.true(outcome.durationNs > 0);
});

test('a name is resolved first, and a missing one says so', async (t) => {
  const port = await tcpServer(t, () => {});
  t.is(summary(await probeOnce(createTcpChecker, { host: 'web.test', port }, tcpCheck)), 'healthy: connected');
  const missing = await probeOnce(createTcpChecker, { host: 'missing.test', port }, tcpCheck);
  t.is(summary(missing), 'resolve: missing.test: the name does not exist or has no address');
});

test('a connection that nobody answers times out in connect', async (t) => {
  // 192.0.2.1 (TEST-NET-1) may be refused by the network at once; a listener with a full backlog never answers.
  const unanswered = { ...testContext, resolve: () => new Promise<string>(() => {}) };
  const check = { ...tcpCheck, ...short };
  t.is(
    summary(await probeOnce(createTcpChecker, { host: 'slow.test', port: 1 }, check, unanswered)),
    'timeout: timed out after 1s 500ms in resolve',
  );
});

test('what was sent and received is compared exactly', async (t) => {
  const port = await tcpServer(t, (socket) => socket.on('data', (data) => socket.write(`${data}pong and more`)));
  const check = { ...tcpCheck, send: bytes('ping'), receive: bytes('pingpong') };
  t.is(summary(await probeOnce(createTcpChecker, { port }, check)), 'healthy: received what was expected');
  const wrong = await probeOnce(createTcpChecker, { port }, { ...check, receive: bytes('pingPONG') });
  t.is(summary(wrong), `mismatch: 127.0.0.1:${port}: received "pingpong", expected "pingPONG"`);
});

test('an answer in single bytes is put together', async (t) => {
  const port = await tcpServer(t, (socket) => {
    socket.setNoDelay(true);
    const text = [...'220 mail.example\r\n'];
    const next = (): void => {
      const letter = text.shift();
      if (letter !== undefined) socket.write(letter, () => setImmediate(next));
    };
    next();
  });
  const check = { ...tcpCheck, receive: bytes('220 mail.example') };
  t.is((await probeOnce(createTcpChecker, { port }, check)).kind, 'healthy');
});

test('send alone is enough where nothing is to be received', async (t) => {
  const received = new Promise<string>((resolve) => {
    tcpServer(t, (socket) => socket.once('data', (data) => resolve(String(data)))).then(async (port) => {
      const outcome = await probeOnce(createTcpChecker, { port }, { ...tcpCheck, send: bytes('QUIT\r\n') });
      t.is(summary(outcome), 'healthy: connected and sent 6 bytes');
    });
  });
  t.is(await received, 'QUIT\r\n');
});

test('a connection closed early says how much had come', async (t) => {
  const port = await tcpServer(t, (socket) => socket.end('22'));
  const outcome = await probeOnce(createTcpChecker, { port }, { ...tcpCheck, receive: bytes('220 ') });
  t.is(summary(outcome), `closed: 127.0.0.1:${port}: connection closed after 2 of the 4 bytes expected`);
});

test('a reset is told from a close', async (t) => {
  const port = await tcpServer(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  const outcome = await probeOnce(createTcpChecker, { port }, { ...tcpCheck, send: bytes('x'), receive: bytes('y') });
  t.is(summary(outcome), `reset: 127.0.0.1:${port}: connection reset by the peer`);
});

test('silence is a timeout in receive', async (t) => {
  const port = await tcpServer(t, () => {});
  const outcome = await probeOnce(createTcpChecker, { port }, { ...tcpCheck, ...short, receive: bytes('220') });
  t.is(summary(outcome), 'timeout: timed out after 1s 500ms in receive');
});

test('a peer that never reads is a timeout in send', async (t) => {
  const port = await tcpServer(t, (socket) => socket.pause());
  const check = { ...tcpCheck, ...short, send: new Uint8Array(64 * 1024 * 1024) };
  t.is(summary(await probeOnce(createTcpChecker, { port }, check)), 'timeout: timed out after 1s 500ms in send');
});

test('no TIME_WAIT stays behind', async (t) => {
  const port = await tcpServer(t, (socket) => socket.resume());
  await probeOnce(createTcpChecker, { port }, tcpCheck);
  await probeOnce(createTcpChecker, { port }, { ...tcpCheck, send: bytes('x') });
  t.deepEqual(timeWaits(port), []);
});

/** proc(5): the second address is the remote one, and state 06 is TIME_WAIT. */
const timeWaits = (port: number): string[] => {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote = '', state]) => remote.endsWith(wanted) && state === '06')
    .map((fields) => fields.join(' '));
};

test('a source address that this host lacks is our fault', async (t) => {
  const port = await tcpServer(t, () => {});
  const outcome = await probeOnce(createTcpChecker, { port }, { ...tcpCheck, source: '192.0.2.7' });
  t.is(outcome.kind, 'error');
  t.regex(outcome.message, /EADDRNOTAVAIL/);
});

test('a probe leaves from its source address', async (t) => {
  const seen = new Promise<string | undefined>((resolve) => {
    tcpServer(t, (socket) => resolve(socket.remoteAddress)).then((port) =>
      // It waits for an answer: the server would not see the address of a connection that is gone.
      probeOnce(createTcpChecker, { port }, { ...tcpCheck, receive: Buffer.from('x'), source: '127.0.0.9' }),
    );
  });
  t.is(await seen, '127.0.0.9');
});

test('an aborted probe tells its phase, frees its socket and stays silent', async (t) => {
  const checker = createTcpChecker(testContext);
  t.teardown(() => checker.close());
  let running: RunningProbe | undefined;
  const closed = new Promise<void>((resolve) => {
    tcpServer(t, (socket) => {
      socket.on('close', () => resolve());
      socket.once('data', () => t.is(running?.abort(), 'receive'));
    }).then((port) => {
      const check = { ...tcpCheck, send: bytes('x'), receive: bytes('x') };
      const spec = { host: '127.0.0.1', port, mark: null, check };
      running = checker.prepare(spec, { ended: () => t.fail('a result after abort') }).start();
    });
  });
  await closed;
});

test('the result never comes before start has returned', async (t) => {
  const checker = createTcpChecker(testContext);
  t.teardown(() => checker.close());
  let returned = false;
  await new Promise<void>((resolve) => {
    // A source address of the wrong family fails in the very first step.
    const check = { ...tcpCheck, source: '::1' };
    const ended = (outcome: Outcome): void => {
      t.true(returned);
      t.is(outcome.kind, 'error');
      resolve();
    };
    checker.prepare({ host: '127.0.0.1', port: 9, mark: null, check }, { ended }).start();
    returned = true;
  });
});
