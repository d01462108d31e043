import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { freePort } from '../fixtures/ports.js';
import { LOOPBACK, type Place, type ServerProcess, startServer } from './server-process.js';

export type RadiusAccount = { readonly username: string; readonly password: string; readonly secret: string };

/** FreeRADIUS with one account, and one more that is asked for a code; gone when the test ends. Needs `freeradius`. */
export async function startRadius(
  t: ExecutionContext,
  account: RadiusAccount,
  { namespace, address, port: known }: Place = LOOPBACK,
): Promise<ServerProcess & { readonly port: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-radius-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const port = known ?? (await freePort());
  writeFileSync(join(folder, 'users'), `${account.username} Cleartext-Password := "${account.password}"\n`);
  const configuration = `name = radiusd
libdir = /usr/lib/freeradius
run_dir = ${folder}
logdir = ${folder}
pidfile = ${folder}/pid
log { destination = stdout }
security { reject_delay = 0 }
client near {
  ipaddr = ${address}/24
  secret = "${account.secret}"
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
    ipaddr = ${address}
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
    namespace,
  });
  t.teardown(() => server.stop());
  return { ...server, port };
}
