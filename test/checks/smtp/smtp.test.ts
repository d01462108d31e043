/** The smtp check against scripted peers: the faults that a real mail server does not have on demand. */
import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { createSmtpChecker } from '../../../src/checks/smtp/checker.js';
import { nsFromMs } from '../../../src/model/units.js';
import { probeOnce, smtpCheck, summary } from '../../support/fixtures/checks.js';
import { tcpServer } from '../../support/peers/servers.js';

type Script = Readonly<Record<string, string>>;
const good: Script = {
  '': '220 mail ESMTP\r\n',
  EHLO: '250-mail greets lb.example\r\n250-SIZE 1000\r\n250 HELP\r\n',
  QUIT: '221 bye\r\n',
};

/** A mail server that has an answer for each word. What it was told comes to `heard`. */
const mailServer = (t: ExecutionContext, script: Script, heard: string[] = []): Promise<number> =>
  tcpServer(t, (socket: Socket) => {
    const answer = (word: string): void => {
      const text = script[word];
      if (text === 'close') socket.end();
      else if (text !== undefined) socket.write(text, 'latin1');
    };
    answer('');
    socket.on('data', (bytes) => {
      const line = bytes.toString('latin1').trimEnd();
      heard.push(line);
      answer(line.split(' ')[0] ?? '');
    });
  });

const probe = async (port: number, changed = {}): Promise<string> =>
  summary(await probeOnce(createSmtpChecker, { port }, { ...smtpCheck, ...changed })).replaceAll(
    `127.0.0.1:${port}`,
    'T',
  );

test('banner, EHLO with the name, QUIT', async (t) => {
  const heard: string[] = [];
  t.is(await probe(await mailServer(t, good, heard)), 'healthy: 220 mail ESMTP');
  t.deepEqual(heard, ['EHLO lb.example', 'QUIT']);
});

test('nothing is said before the last line of the banner', async (t) => {
  const heard: string[] = [];
  const port = await tcpServer(t, (socket) => {
    socket.write('220-mail waits for those who speak early\r\n22');
    const early = (): void => {
      heard.push('early');
    };
    socket.once('data', early);
    setTimeout(() => {
      socket.off('data', early);
      socket.write('0 mail ESMTP\r\n');
      socket.on('data', (bytes) => socket.write(bytes.toString().startsWith('QUIT') ? '221 x\r\n' : '250 x\r\n'));
    }, 100);
  });
  t.is(await probe(port), 'healthy: 220 mail waits for those who speak early mail ESMTP');
  t.deepEqual(heard, []);
});

test('a server that knows no EHLO is told HELO', async (t) => {
  const heard: string[] = [];
  const port = await mailServer(t, { ...good, EHLO: '502 what?\r\n', HELO: '250 hello\r\n' }, heard);
  t.is(await probe(port), 'healthy: 220 mail ESMTP');
  t.deepEqual(heard, ['EHLO lb.example', 'HELO lb.example', 'QUIT']);
});

test('each answer that is not good is told', async (t) => {
  const cases: readonly (readonly [Script, string])[] = [
    [{ '': '554 no\r\n' }, 'status: T: the banner is 554 no'],
    [{ EHLO: '550-who\r\n550 are you\r\n' }, 'status: T: EHLO was answered with 550 who are you'],
    [{ EHLO: '502 x\r\n', HELO: '421 busy\r\n' }, 'status: T: HELO was answered with 421 busy'],
    [{ QUIT: '500 never\r\n' }, 'status: T: QUIT was answered with 500 never'],
    [{ '': 'close' }, 'closed: T: connection closed before the banner'],
    [{ EHLO: 'close' }, 'closed: T: connection closed before the answer to EHLO'],
    [{ '': 'SSH-2.0-x\r\n' }, 'protocol: T: not a reply of a mail server: "SSH-2.0-x"'],
    [{ '': '220-a\r\n250 b\r\n' }, 'protocol: T: a reply that begins with 220 goes on with 250'],
    [{ '': '220-a\r\n'.repeat(101) }, 'protocol: T: a reply of more than 100 lines'],
    [{ '': `220 ${'x'.repeat(3000)}` }, 'protocol: T: a line is longer than 2048 bytes'],
  ];
  for (const [changed, expected] of cases) t.is(await probe(await mailServer(t, { ...good, ...changed })), expected);
});

test('a server that speaks before it is asked is refused', async (t) => {
  const early = 'the server goes on after its answer to';
  const banner = await mailServer(t, { ...good, '': '220 a\r\n250 b\r\n' });
  t.is(await probe(banner), `protocol: T: ${early} banner, before it is asked`);
  // A reply that somebody put in before the handshake would be taken for the server's own.
  const injected = { ...good, EHLO: '250-mail\r\n250 STARTTLS\r\n', STARTTLS: '220 go\r\n250 fo' };
  t.is(
    await probe(await mailServer(t, injected), { starttls: true }),
    `protocol: T: ${early} STARTTLS, before it is asked`,
  );
});

test('STARTTLS that is not offered, refused, or not meant', async (t) => {
  const starttls = { starttls: true };
  t.is(await probe(await mailServer(t, good), starttls), 'tls: T: the server does not offer STARTTLS');
  const offered = { ...good, EHLO: '250-mail\r\n250-starttls\r\n250 HELP\r\n' };
  t.is(
    await probe(await mailServer(t, { ...offered, STARTTLS: '454 later\r\n' }), starttls),
    'tls: T: STARTTLS was answered with 454 later',
  );
  const port = await mailServer(t, { ...offered, STARTTLS: '220 go\r\n' });
  t.is(
    await probe(port, { ...starttls, timeoutNs: nsFromMs(1500) }),
    'timeout: timed out after 1s 500ms in tls (waiting for the answer to STARTTLS)',
  );
});

test('of several servers each must answer', async (t) => {
  const host = (port: number) => ({ address: '127.0.0.1', port });
  const [one, two] = [await mailServer(t, good), await mailServer(t, { ...good, '': '220 two\r\n' })];
  t.is(await probe(1, { hosts: [host(one), host(two)] }), 'healthy: 2 servers answered, the last: 220 two');
  const bad = await mailServer(t, { '': '421 no\r\n' });
  t.is(await probe(1, { hosts: [host(one), host(bad)] }), `status: 127.0.0.1:${bad}: the banner is 421 no`);
});

test('a server that says nothing runs into the time limit, and the message tells what was waited for', async (t) => {
  const short = { timeoutNs: nsFromMs(1000) };
  t.is(await probe(await mailServer(t, {}), short), 'timeout: timed out after 1s in query (waiting for the banner)');
  t.is(
    await probe(await mailServer(t, { ...good, EHLO: '250-never\r\n' }), short),
    'timeout: timed out after 1s in query (waiting for the answer to EHLO)',
  );
});
