import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IpvsBenchData } from '../../../bench/ipvs.js';
import { needs } from '../../support/needs.js';
import { runInTest } from '../../support/programs/run-in-test.js';

const check = needs('root', 'linux.uml', 'modprobe', 'ipvsadm', 'keepalived', 'tcpdump', 'ip', 'npm package netlink');
const program = fileURLToPath(new URL('../../../../bin/fulcrum.js', import.meta.url));

check('the bench of IPVS measures each thing, of both sides, in one guest', async (t) => {
  t.timeout(200_000);
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const [json, html] = [join(directory, 'out.json'), join(directory, 'out.html')];
  const command = [program, 'bench', 'ipvs', '--quick', '--weights', '20', '--json', json, '--html', html];
  const stdout = await runInTest(t, process.execPath, command);
  t.regex(stdout, /times faster/);
  t.regex(readFileSync(html, 'utf8'), /<svg/);
  const { writes, decisions, hostDecisions } = (JSON.parse(readFileSync(json, 'utf8')) as { data: IpvsBenchData }).data;
  t.is(writes.weightUs.length, 20);
  t.is(writes.coldWeightUs.length, 200);
  t.is(writes.ipvsadmWeightUs.length, 5);
  t.is(writes.addonWeightUs?.length, 20);
  t.is(writes.tableMs.length, 1);
  t.is(writes.ipvsadmTableMs.length, 1);
  t.is(writes.reconcileEntries, 11_000);
  t.is(writes.reconcileWrites, 0);
  t.true(hostDecisions.length <= 2);
  t.is(decisions?.fulcrum.settled.length, 2);
  t.is(decisions?.keepalived.settled.length, 2);
  for (const us of [
    ...writes.weightUs,
    ...hostDecisions,
    ...(decisions?.fulcrum.settled ?? []),
    ...(decisions?.keepalived.settled ?? []),
  ])
    t.true(us > 0);
});
