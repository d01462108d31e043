/** Maintenance of a node beside keepalived, as an operator has it for an upgrade: over a restart too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../../support/needs.js';
import { Keepalived } from '../../support/peers/keepalived.js';
import { askHttp } from '../../support/rigs/gateway-rig.js';
import { VrrpDaemon } from '../../support/rigs/vrrp/daemon.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { until } from '../../support/until.js';

const VIP = '10.77.0.100/24';

needs(
  'root',
  'ip',
  'nft',
  'keepalived',
)(
  'in maintenance a master resigns, and is backup over a restart and though the other node is gone; after it the election decides',
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'fulcrum-maintenance-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const socketPath = join(directory, 'socket');
    const instance = { name: 'vi1', interface: 'eth0', vrid: 60, priority: 200 };
    const document = {
      node: { name: 'lb1', state_dir: join(directory, 'state') },
      control: { socket: socketPath, http: null, grpc: null },
      vrrp: { instances: [{ ...instance, advert_interval: '100ms', addresses: [VIP] }] },
    };
    const maintenance = async (on: boolean) => {
      const body = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ on }) };
      const answer = await askHttp({ socketPath }, 'PUT', '/api/v1/maintenance', body);
      t.like(answer.json(), { on });
    };
    await using lan = await createLan(2);
    const [one, two] = [lan.host(1), lan.host(2)];
    const has = async () => (await one.addresses()).includes(VIP);
    await using first = new VrrpDaemon(one, document);
    await first.becomes('master');
    await using peer = new Keepalived(two, { priority: 150, interval: 0.1, vips: [VIP] });
    await peer.becomes('BACKUP');
    const { mark } = peer;
    const { mark: asked } = first;
    await maintenance(true);
    t.is(await first.becomes('backup', asked), 'maintenance of the node began');
    await peer.becomes('MASTER', mark);
    t.false(await has());
    t.is(await first.end('SIGTERM'), 0);

    await using second = new VrrpDaemon(one, document);
    await second.becomes('backup');
    await second.logged(/the node is in maintenance still/);
    const vrrp = async () =>
      (await askHttp({ socketPath }, 'GET', '/api/v1/vrrp/vi1')).json() as {
        readonly state: string;
        readonly why: string;
      };
    await until(async () => (await vrrp()).state === 'backup');
    await peer.stop();
    const { mark: down } = second;
    await until(async () => (await vrrp()).why.endsWith(', and no other node is'));
    t.is((await vrrp()).state, 'backup');
    t.false(await has());
    await maintenance(false);
    await second.becomes('master', down);
    t.true(await has());
  },
);
