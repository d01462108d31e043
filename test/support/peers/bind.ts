import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { freePort } from '../fixtures/ports.js';
import { LOOPBACK, type Place, type ServerProcess, startServer } from './server-process.js';

/** BIND with one zone; gone when the test ends. Needs `named`. */
export async function startBind(
  t: ExecutionContext,
  name: string,
  zone: string,
  { namespace, address, port: known }: Place = LOOPBACK,
): Promise<ServerProcess & { readonly port: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-named-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const port = known ?? (await freePort());
  writeFileSync(join(folder, 'zone'), zone);
  const options = [
    `directory "${folder}"; pid-file "${folder}/pid"; session-keyfile "${folder}/session.key";`,
    `listen-on port ${port} { ${address}; }; listen-on-v6 { none; };`,
    'recursion no; dnssec-validation no; allow-query { any; }; minimal-responses yes; notify no;',
  ];
  writeFileSync(
    join(folder, 'named.conf'),
    `options { ${options.join(' ')} };\ncontrols { };\nzone "${name}" { type primary; file "zone"; };\n`,
  );
  const server = await startServer({
    command: 'named',
    args: ['-g', '-c', join(folder, 'named.conf')],
    ready: /running$/,
    namespace,
  });
  t.teardown(() => server.stop());
  return { ...server, port };
}
