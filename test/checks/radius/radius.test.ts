import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { createRadiusChecker } from '../../../src/checks/radius/checker.js';
import type { RadiusCheck } from '../../../src/checks/radius/index.js';
import { nsFromMs } from '../../../src/model/units.js';
import { probeOnce, radiusCheck, summary } from '../../support/fixtures/checks.js';
import { floodingUdpServer, udpServer } from '../../support/peers/servers.js';

const probe = async (port: number, changed: Partial<RadiusCheck> = {}): Promise<string> =>
  summary(await probeOnce(createRadiusChecker, { port }, { ...radiusCheck, ...changed })).replaceAll(
    `127.0.0.1:${port}`,
    'T',
  );

/** A server that answers with this code, whoever asks. */
const serve = (t: ExecutionContext, code: number, secret = 'shared'): Promise<number> =>
  udpServer(t, (request, reply) => {
    const packet = Buffer.concat([Buffer.of(code, request[1] ?? 0, 0, 20), request.subarray(4, 20)]);
    packet.set(createHash('md5').update(packet).update(secret).digest(), 4);
    reply(packet);
  });

test('accept, reject and challenge against what is expected', async (t) => {
  const accepting = await serve(t, 2);
  const rejecting = await serve(t, 3);
  const challenging = await serve(t, 11);
  t.is(await probe(accepting), 'healthy: access-accept');
  t.is(await probe(rejecting), 'auth: T: access-reject, expected access-accept');
  t.is(await probe(rejecting, { expect: 'reject' }), 'healthy: access-reject');
  t.is(await probe(accepting, { expect: 'reject' }), 'status: T: access-accept, expected access-reject');
  t.is(await probe(challenging, { expect: 'any' }), 'healthy: access-challenge');
});

test('an answer under another secret is passed over and counted', async (t) => {
  const port = await serve(t, 2, 'other');
  t.is(
    await probe(port, { timeoutNs: nsFromMs(1500) }),
    'timeout: timed out after 1s 500ms in query (1 answer ignored, the last for a wrong response authenticator (is the secret right?))',
  );
});

test('a flood of answers under another secret ends the probe', async (t) => {
  const port = await floodingUdpServer(t, (request) =>
    Buffer.concat([Buffer.of(2, request[1] ?? 0, 0, 20), Buffer.alloc(16)]),
  );
  t.is(
    await probe(port),
    'protocol: T: more than 1000 answers ignored, the last for a wrong response authenticator (is the secret right?)',
  );
});

test('a closed port is refused', async (t) => {
  t.is(await probe(9), 'refused: T: connection refused');
});

test('a password that can not be sent is our fault, and is not shown', async (t) => {
  t.is(
    await probe(9, { password: 'x'.repeat(200) }),
    'error: the user name or the password is longer than RADIUS allows',
  );
});
