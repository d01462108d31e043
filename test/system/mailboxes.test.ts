import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActorView, VrrpView } from '../../src/model/observing/views.js';
import { needs } from '../support/needs.js';
import { VrrpDaemon } from '../support/rigs/vrrp/daemon.js';
import { createLan } from '../support/rigs/vrrp/lan.js';

const check = needs('root', 'ip', 'nft');
const FAILOVERS = 20;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One request by the control socket: it is of the file system, whatever network namespace the daemon is in. */
const ask = (socketPath: string, method: string, path: string) =>
  new Promise<unknown>((resolve, reject) => {
    const call = request({ socketPath, method, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    call.on('error', reject);
    call.end();
  });

/** A link that nobody reads fills a mailbox for ever: every kind of actor runs here, and each link carries something. */
check('every mailbox is empty again after fail-overs and overrides: no message is sent to nobody', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-mailboxes-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const socket = join(directory, 'control.sock');
  await using lan = await createLan(1);
  await using daemon = new VrrpDaemon(lan.host(1), {
    control: { socket, http: '127.0.0.1:9080', grpc: '127.0.0.1:9081' },
    dataplane: { driver: 'proxy' },
    agent: { listen: '127.0.0.1:9082' },
    healthcheck_server: { socket: join(directory, 'healthcheck.sock') },
    vrrp: {
      instances: [
        { name: 'vi1', interface: 'eth0', vrid: 60, advert_interval: '10ms', addresses: ['10.77.0.100/24'] },
        {
          name: 'vi2',
          interface: 'eth0',
          vrid: 61,
          advert_interval: '10ms',
          addresses: ['10.77.0.101/24'],
          track: [{ service: 'web', weight: -50 }],
        },
      ],
    },
    services: [
      {
        name: 'web',
        address: '127.0.0.1',
        port: 8080,
        checks: [{ type: 'tcp', interval: '50ms', timeout: '50ms' }],
        backends: [
          { name: 'alive', address: '127.0.0.1', port: 9080 },
          { name: 'dead', address: '127.0.0.1', port: 1 },
        ],
      },
    ],
  });
  await daemon.logged(/control\.socket listens/);
  await daemon.becomes('master');
  for (let round = 0; round < FAILOVERS; round += 1) {
    const { mark } = daemon;
    await ask(socket, 'POST', '/api/v1/vrrp/vi1/failover');
    await daemon.becomes('backup', mark);
    await daemon.becomes('master', mark);
    await ask(socket, 'POST', `/api/v1/backends/alive/${round % 2 === 0 ? 'disable' : 'enable'}`);
  }
  const [vi1] = (await ask(socket, 'GET', '/api/v1/vrrp')) as VrrpView[];
  t.true((vi1?.transitions ?? 0) >= 2 * FAILOVERS);

  // The figures are told once a second, and a message may be under way at any of these looks: each is to be 0 at one of them.
  const actors = (await ask(socket, 'GET', '/api/v1/status')) as { actors: ActorView[] };
  const full = new Map(actors.actors.map(({ name, mailbox }) => [name, mailbox]));
  t.deepEqual(
    ['agent', 'dataplane', 'engine', 'gateway', 'healthcheck-server', 'log', 'monitor-0', 'proxy-0', 'vrrp'].filter(
      (name) => !full.has(name),
    ),
    [],
  );
  for (let look = 0; full.size > 0 && look < 100; look += 1) {
    await pause(300);
    const now = (await ask(socket, 'GET', '/api/v1/status')) as { actors: ActorView[] };
    for (const { name, mailbox } of now.actors) {
      if (mailbox === 0) full.delete(name);
      else if (full.has(name)) full.set(name, mailbox);
    }
  }
  t.deepEqual([...full], []);
});
