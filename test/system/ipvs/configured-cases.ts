/** Services of the configuration in the real kernel's table, with ipvsadm as the independent reader. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type ConfigDocument, createRuntime, type Runtime } from '../../../src/index.js';
import { savedLines } from '../../support/peers/ipvsadm.js';
import type { GuestCases } from '../../support/rigs/guest.js';
import { until } from '../../support/rigs/vrrp/lab.js';

const server = () => createServer((socket) => socket.on('error', () => undefined).end());
const servers = { a: server(), b: server() };
const ports = { a: 8081, b: 8082 } as const;
const open = (name: keyof typeof servers) =>
  new Promise<void>((resolve) => servers[name].listen(ports[name], '127.0.0.1', resolve));
const close = (name: keyof typeof servers) => new Promise((resolve) => servers[name].close(resolve));

type Services = NonNullable<ConfigDocument['services']>;
const document = (services: Services): ConfigDocument => ({
  node: { state_dir: '/run/fulcrum-configured' },
  control: { socket: null, http: null, grpc: null },
  dataplane: { driver: 'ipvs', on_stop: 'flush' },
  runtime: { monitor_shards: 1 },
  services,
});
/** Up while the server answers. */
const check = (name: keyof typeof servers) =>
  [{ type: 'tcp', port: ports[name], interval: '1s', timeout: '1s', retries: 0 }] as const;

const tableIs = (...lines: readonly string[]) =>
  until('the table', savedLines, (seen) => seen.join('\n') === lines.toSorted().join('\n'), 60_000);
/** The runtime of these services, until `steps` end. */
async function withServices(services: Services, steps: (runtime: Runtime) => Promise<void>): Promise<void> {
  const runtime = await createRuntime(document(services));
  try {
    await steps(runtime);
  } finally {
    await runtime.stop();
  }
  assert.deepEqual(savedLines(), []);
}

export const configuredCases: GuestCases = {
  'all addresses and ports of a service, of both families, are in the kernel’s table with the same backends':
    async () => {
      await Promise.all([open('a'), open('b')]);
      const at = ['10.1.0.1:80', '10.1.0.1:443', '10.1.0.3:80', '10.1.0.3:443', '10.1.0.4:80', '10.1.0.4:443'];
      const a = (place: string) => `-a -t ${place} -r 127.0.0.1:${place.split(':').at(-1)} -m -w 2`;
      const b = (place: string) => `-a -t ${place} -r 127.0.0.1:8082 -m -w 1`;
      const names = ['fe', 'ff', '100'].flatMap((last) => [
        `-A -u [2001:db8::${last}]:53 -s rr`,
        `-a -u [2001:db8::${last}]:53 -r [::1]:53 -m -w 1`,
      ]);
      const web = at.map((place) => `-A -t ${place} -s wrr`);
      const services: Services = [
        {
          name: 'web',
          addresses: ['10.1.0.1', '10.1.0.3-4'],
          ports: [80, 443],
          scheduler: 'wrr',
          backends: [
            { name: 'a', address: '127.0.0.1', weight: 2, checks: check('a') },
            { name: 'b', address: '127.0.0.1', port: 8082, checks: check('b') },
          ],
        },
        {
          name: 'names',
          addresses: ['2001:db8::fe-100'],
          ports: [53],
          protocol: 'udp',
          scheduler: 'rr',
          backends: [{ address: '::1', checks: [{ type: 'icmp', interval: '1s', timeout: '1s' }] }],
        },
      ];
      await withServices(services, async () => {
        await tableIs(...web, ...at.map(a), ...at.map(b), ...names);
        await close('b');
        await tableIs(...web, ...at.map(a), ...names);
        await open('b');
        await tableIs(...web, ...at.map(a), ...at.map(b), ...names);
      });
      await Promise.all([close('a'), close('b')]);
    },
};
