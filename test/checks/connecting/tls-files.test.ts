import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import { TlsContexts } from '../../../src/checks/connecting/tls-context.js';
import { createTcpChecker } from '../../../src/checks/tcp/checker.js';
import type { FileReading } from '../../../src/model/probe.js';
import { nsFromMs } from '../../../src/model/units.js';
import { noTls, probeOnce, summary, tcpCheck, testContext } from '../../support/fixtures/checks.js';
import { needs } from '../../support/needs.js';
import { createAuthority } from '../../support/peers/authority.js';
import { listen } from '../../support/peers/servers.js';

const test = needs('openssl');
const late: FileReading = { kind: 'late', why: 'it could not be read within 1 s' };
const MINUTE_NS = 60e9;

test('a CA file that cannot be read in time fails the check as our fault, before its time is over', async (t) => {
  const port = await listen(t, createServer(createAuthority(t).issue(['IP:127.0.0.1'])));
  const check = { ...tcpCheck, tls: true, caFile: '/hung/ca.pem' };
  const told = { ...testContext, readFile: async () => late };
  t.is(
    summary(await probeOnce(createTcpChecker, { port }, check, told)),
    'error: the CA file /hung/ca.pem: it could not be read within 1 s',
  );
  const silent = { ...testContext, readFile: () => new Promise<FileReading>(() => {}) };
  const timeoutNs = nsFromMs(100);
  t.is(
    summary(await probeOnce(createTcpChecker, { port }, { ...check, timeoutNs }, silent)),
    'error: the TLS files /hung/ca.pem are not read yet',
  );
});

test('files are read again after a minute; one that hangs then leaves what is known, one that is wrong does not', async (t) => {
  const { caFile } = createAuthority(t);
  const pem: FileReading = { kind: 'read', bytes: readFileSync(caFile) };
  let nowNs = 0;
  let reading: FileReading = pem;
  let reads = 0;
  const contexts = new TlsContexts({
    now: () => nowNs as ReturnType<typeof testContext.now>,
    readFile: async () => {
      reads += 1;
      return reading;
    },
  });
  const options = { ...noTls, tls: true, caFile };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const [known, same] = await Promise.all([contexts.get(options), contexts.get(options)]);
  t.is(known, same);
  t.is(contexts.get(options), known);
  t.is(reads, 1, 'those that come together share the reading');

  nowNs += MINUTE_NS;
  reading = late;
  t.is(contexts.get(options), known);
  await settled();
  t.is(contexts.get(options), known);
  t.is(reads, 2);

  nowNs += MINUTE_NS;
  reading = pem;
  contexts.get(options);
  await settled();
  const renewed = contexts.get(options);
  t.not(renewed, known);
  t.false(renewed instanceof Promise);

  nowNs += MINUTE_NS;
  reading = { kind: 'refused', why: 'cannot be read: there is no such file' };
  t.is(contexts.get(options), renewed);
  await settled();
  await t.throwsAsync(async () => contexts.get(options), {
    message: /^the CA file .*: there is no such file|no such file/,
  });
});
