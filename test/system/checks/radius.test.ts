/** The radius check against FreeRADIUS: accept, reject, challenge, a wrong secret, freezing and stopping. */
import { createRadiusChecker } from '../../../src/checks/radius/checker.js';
import type { RadiusCheck } from '../../../src/checks/radius/index.js';
import { nsFromMs } from '../../../src/model/units.js';
import { plainCheck, probeOnce, summary } from '../../support/fixtures/checks.js';
import { needs } from '../../support/needs.js';
import { startRadius } from '../../support/peers/radius-server.js';

const check: RadiusCheck = {
  ...plainCheck,
  type: 'radius',
  username: 'probe',
  password: 'a password of more than sixteen bytes',
  secret: 'shared secret',
  expect: 'accept',
};

needs('freeradius')('FreeRADIUS: accept, reject, a wrong secret, freezing and stopping', async (t) => {
  const server = await startRadius(t, check);
  const { port } = server;
  const probe = async (changed: Partial<RadiusCheck> = {}): Promise<string> =>
    summary(await probeOnce(createRadiusChecker, { port }, { ...check, ...changed })).replaceAll(
      `127.0.0.1:${port}`,
      'T',
    );
  t.is(await probe(), 'healthy: access-accept');
  t.is(await probe({ password: 'wrong' }), 'auth: T: access-reject, expected access-accept');
  t.is(await probe({ password: 'wrong', expect: 'reject' }), 'healthy: access-reject');
  t.is(await probe({ username: 'nobody', expect: 'any' }), 'healthy: access-reject');
  t.is(await probe({ expect: 'reject' }), 'status: T: access-accept, expected access-reject');
  t.is(await probe({ username: 'two-step', expect: 'challenge' }), 'healthy: access-challenge');
  t.is(await probe({ username: 'two-step' }), 'auth: T: access-challenge, expected access-accept');
  const short = { timeoutNs: nsFromMs(1500) };
  // The server drops what it cannot verify.
  t.is(await probe({ secret: 'another', ...short }), 'timeout: timed out after 1s 500ms in query');
  server.freeze();
  t.is(await probe(short), 'timeout: timed out after 1s 500ms in query');
  server.thaw();
  t.is(await probe(), 'healthy: access-accept');
  await server.stop();
  t.is(await probe(), 'refused: T: connection refused');
});
