import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../../support/needs.js';
import { bounded } from '../../support/programs/run-in-test.js';

const program = fileURLToPath(new URL('../../../../bin/fulcrum.js', import.meta.url));

// With that capability taken away no kernel lets it write, whether it has IPVS or not.
const runWithoutNetAdmin = (words: readonly string[]) =>
  new Promise<{ readonly code: unknown; readonly stderr: string }>((resolve) => {
    const command = ['--bounding-set=-net_admin', process.execPath, program, ...words];
    execFile('setpriv', command, bounded, (error, _stdout, stderr) => resolve({ code: error?.code, stderr }));
  });

needs('root', 'setpriv')('a daemon that cannot use IPVS ends at once with 4, and names what is missing', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-missing-ipvs-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'config.json');
  const control = { socket: null, http: null };
  const node = { name: 'test', state_dir: join(directory, 'state') };
  writeFileSync(file, JSON.stringify({ node, control, dataplane: { driver: 'ipvs' }, services: [] }));
  const { code, stderr } = await runWithoutNetAdmin(['run', '-c', file]);
  t.is(code, 4);
  t.regex(stderr, /^fulcrum: dataplane did not start: .*(run `modprobe ip_vs`|IPVS needs CAP_NET_ADMIN)/m);
});

needs('root', 'setpriv')('the bench of IPVS on such a machine says so at once, and where else it runs', async (t) => {
  const { code, stderr } = await runWithoutNetAdmin(['bench', 'ipvs', '--here', '--quick']);
  t.is(code, 4);
  t.regex(stderr, /^fulcrum: --here: .*(modprobe ip_vs|CAP_NET_ADMIN).*without --here it runs in a guest$/m);
});
