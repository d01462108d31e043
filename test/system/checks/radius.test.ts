/** The radius check against FreeRADIUS: accept, reject, challenge, a wrong secret, freezing and stopping. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { createRadiusChecker } from '../../../src/checks/radius/checker.js';
import type { RadiusCheck } from '../../../src/checks/radius/index.js';
import { nsFromMs } from '../../../src/model/units.js';
import { plainCheck, probeOnce, summary } from '../../support/fixtures/checks.js';
import { freePort } from '../../support/fixtures/ports.js';
import { needs } from '../../support/needs.js';
import { type ServerProcess, startServer } from '../../support/peers/server-process.js';

const check: RadiusCheck = {
  ...plainCheck,
  type: 'radius',
  username: 'probe',
  password: 'a password of more than sixteen bytes',
  secret: 'shared secret',
  expect: 'accept',
};

async function startRadius(t: ExecutionContext): Promise<ServerProcess & { readonly port: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-radius-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  writeFileSync(join(folder, 'users'), `probe Cleartext-Password := "${check.password}"\n`);
  const configuration = `name = radiusd
libdir = /usr/lib/freeradius
run_dir = ${folder}
logdir = ${folder}
pidfile = ${folder}/pid
log { destination = stdout }
security { reject_delay = 0 }
client loopback {
  ipaddr = 127.0.0.1
  secret = "${check.secret}"
  require_message_authenticator = yes
}
modules {
  files {
    filename = ${folder}/users
  }
  pap {
  }
  always handled {
    rcode = handled
  }
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize {
    if (&User-Name == "two-step") {
      update control {
        &Response-Packet-Type := Access-Challenge
      }
      update reply {
        &Reply-Message := "code?"
      }
      handled
    }
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
}
`;
  writeFileSync(join(folder, 'radiusd.conf'), configuration);
  const server = await startServer({
    command: 'freeradius',
    args: ['-f', '-l', 'stdout', '-d', folder],
    ready: /Ready to process requests/,
  });
  t.teardown(() => server.stop());
  return { ...server, port };
}

needs('freeradius')('FreeRADIUS: accept, reject, a wrong secret, freezing and stopping', async (t) => {
  const server = await startRadius(t);
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
