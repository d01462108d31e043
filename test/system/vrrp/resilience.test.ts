import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstanceInit } from '../../support/fixtures/vrrp-config.js';
import { needs } from '../../support/needs.js';
import { bounded } from '../../support/programs/run-in-test.js';
import { capture } from '../../support/rigs/vrrp/capture.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

const check = needs('root', 'ip', 'tcpdump', 'tshark', 'nft', 'setpriv');
const vip = '10.77.0.100/24';
const init = (priority: number, over: InstanceInit = {}) => ({
  instances: [{ intervalMs: 100, vips: [vip], priority, ...over }],
});
const flood = fileURLToPath(new URL('../../support/programs/vrrp-flood.js', import.meta.url));
const program = fileURLToPath(new URL('../../../../bin/fulcrum.js', import.meta.url));

check('a killed process leaves its address to the peer, and its next start takes its own off', async (t) => {
  await using lan = await createLan(2);
  const stateDir = mkdtempSync(join(tmpdir(), 'fulcrum-vrrp-state-'));
  try {
    await using a = await VrrpNode.start(lan.host(1), { ...init(200), stateDir });
    await using b = await VrrpNode.start(lan.host(2), init(150));
    await a.becomes('master');
    await b.view((view) => view.adverts.received > 3);
    await a.kill();
    await b.becomes('master');
    t.true((await lan.host(1).addresses()).includes(vip), 'nobody could take it off');
    await using again = await VrrpNode.start(lan.host(1), { ...init(100), stateDir });
    await again.view((view) => view.state === 'backup');
    t.false((await lan.host(1).addresses()).includes(vip));
    t.true((await lan.host(2).addresses()).includes(vip));
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});

check(
  'a thread that fails resigns and lets its addresses go; one that is terminated is replaced by its peer',
  async (t) => {
    await using lan = await createLan(2);
    await using b = await VrrpNode.start(lan.host(2), init(150));
    await b.becomes('master');
    await using a = await VrrpNode.start(lan.host(1), init(200));
    await a.becomes('master');
    let mark = b.mark;
    a.command('throw');
    await a.until(({ what }) => what === 'failed');
    await b.becomes('master', mark);
    t.false((await lan.host(1).addresses()).includes(vip));
    await using c = await VrrpNode.start(lan.host(1), init(200));
    await c.becomes('master');
    mark = b.mark;
    c.command('terminate');
    await b.becomes('master', mark);
    t.pass();
  },
);

check('a new priority, interval and address take effect without a missed advert', async (t) => {
  await using lan = await createLan(2);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await a.becomes('master');
  await b.view((view) => view.adverts.received > 3);
  await using wire = await capture(lan);
  const next = { vips: [vip, '10.77.0.101/24'], intervalMs: 300 };
  a.command('configure', init(180, next));
  await a.view((view) => view.priority === 180 && view.addresses.length === 2);
  await b.view((view) => view.peer?.priority === 180 && view.peer.interval_ms === 300);
  t.true((await lan.host(1).addresses()).includes('10.77.0.101/24'));
  a.command('configure', init(190, { ...next, vips: ['10.77.0.101/24'], intervalMs: 50 }));
  await b.view((view) => view.peer?.priority === 190 && view.peer.interval_ms === 50);
  await a.view((view) => view.addresses.length === 1);
  t.false((await lan.host(1).addresses()).includes(vip));
  const { adverts, diagnostics } = await wire.stop();
  t.deepEqual(diagnostics, []);
  t.is(a.states().join(), 'backup,master');
  t.is(b.states().join(), 'backup');
  const gaps = adverts.map(({ at }, index) => at - (adverts[index - 1]?.at ?? at));
  t.true(Math.max(...gaps) < 0.32, 'never longer than the longest interval');
});

check('50,000 bad adverts a second are counted, and disturb nobody', async (t) => {
  await using lan = await createLan(3);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await a.becomes('master');
  await b.view((view) => view.adverts.received > 3);
  const shown = await lan.host(3).run('ip', '-j', 'link', 'show', 'eth0');
  const index = (JSON.parse(shown) as { ifindex: number }[])[0]?.ifindex ?? 0;
  const sent = Number(await lan.host(3).run(process.execPath, flood, String(index), lan.host(3).address, '2'));
  t.true(sent > 50_000);
  const view = await a.view(({ adverts }) => adverts.rejected > sent / 4);
  t.is(view.state, 'master');
  t.is(a.states().join(), 'backup,master');
  t.is(b.states().join(), 'backup');
});

// A VRID each: they run side by side on one interface.
for (const [vrid, capability, name, realtime] of [
  [60, 'CAP_NET_RAW', 'net_raw', 'auto'],
  [61, 'CAP_NET_ADMIN', 'net_admin', 'auto'],
  [62, 'CAP_SYS_NICE', 'sys_nice', 'require'],
] as const) {
  check(
    `without ${capability} and with realtime: ${realtime} the daemon ends with exit code 4 and its name`,
    async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'fulcrum-vrrp-rights-'));
      try {
        const file = join(directory, 'config.yaml');
        writeFileSync(
          file,
          `node: { state_dir: ${directory} }
control: { socket: ${directory}/s, http: null, grpc: null }
dataplane: { driver: dry-run }
vrrp: { realtime: ${realtime}, instances: [ { name: vi1, interface: lo, vrid: ${vrid}, addresses: [10.0.0.100/32] } ] }
`,
        );
        const args = ['--bounding-set', `-${name}`, '--inh-caps', `-${name}`, process.execPath];
        const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
          execFile('setpriv', [...args, program, 'run', '-c', file], bounded, (error, _out, said) =>
            resolve({ code: error?.code ?? 0, stderr: said }),
          );
        });
        t.is(code, 4);
        t.regex(stderr, new RegExp(`${capability} is missing`));
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  );
}
