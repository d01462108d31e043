import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../support/needs.js';

const program = fileURLToPath(new URL('../../../bin/fulcrum.js', import.meta.url));

// With that capability taken away no kernel lets it write, whether it has IPVS or not.
needs('root', 'setpriv')('a daemon that cannot use IPVS ends at once with 4, and names what is missing', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-missing-ipvs-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'config.json');
  const control = { socket: null, http: null };
  const node = { name: 'test', state_dir: join(directory, 'state') };
  writeFileSync(file, JSON.stringify({ node, control, dataplane: { driver: 'ipvs' }, services: [] }));
  const command = ['--bounding-set=-net_admin', process.execPath, program, 'run', '-c', file];
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile('setpriv', command, (error, _stdout, said) => resolve({ code: error?.code, stderr: said }));
  });
  t.is(code, 4);
  t.regex(stderr, /^fulcrum: dataplane did not start: .*(run `modprobe ip_vs`|IPVS needs CAP_NET_ADMIN)/m);
});
