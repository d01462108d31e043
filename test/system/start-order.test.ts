/** A node that cannot serve elects nobody: all that a start needs is had before the first advert. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { needsSerial } from '../support/needs.js';
import { capture } from '../support/rigs/vrrp/capture.js';
import { VrrpDaemon } from '../support/rigs/vrrp/daemon.js';
import { createLan, type Host } from '../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../support/rigs/vrrp/node.js';

const check = needsSerial('root', 'ip', 'nft', 'tcpdump', 'tshark', 'setpriv');
const vip = '10.77.0.100/24';
const TAKEN = 9100;
const server = fileURLToPath(new URL('../support/peers/named-server.js', import.meta.url));

/** It would be master at once. */
const superior = (more: object) => ({
  dataplane: { driver: 'proxy' },
  vrrp: {
    instances: [
      {
        name: 'vi1',
        interface: 'eth0',
        vrid: 60,
        priority: 250,
        preempt: true,
        advert_interval: '100ms',
        addresses: [vip],
      },
    ],
  },
  ...more,
});

async function takePort(host: Host) {
  const child = host.start(process.execPath, server, '127.0.0.1', `${TAKEN}`, 'other');
  const { stdout } = child;
  if (stdout === null) throw new Error('no stdout');
  await once(stdout, 'data');
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

const closed = { socket: null, http: null, grpc: null };
const taken = `127.0.0.1:${TAKEN}`;
/** No socket can be made here, and no file be read. */
const elsewhere = '/proc/version';
const withoutLowPorts = ['setpriv', '--bounding-set', '-net_bind_service', '--inh-caps', '-net_bind_service'];

type Case = { readonly more: object; readonly code: number; readonly why: RegExp; readonly wrapper?: string[] };
const cases: Readonly<Record<string, Case>> = {
  'its HTTP port': {
    more: { control: { ...closed, http: taken } },
    code: 2,
    why: /control\.http: .*another program uses/,
  },
  'its gRPC port': {
    more: { control: { ...closed, grpc: taken } },
    code: 2,
    why: /control\.grpc .*another program uses/,
  },
  'its control socket': {
    more: { control: { ...closed, socket: elsewhere } },
    code: 2,
    why: /exists and is not a socket/,
  },
  'its token': {
    more: { control: { ...closed, http: '127.0.0.1:0', token_file: '/proc' } },
    code: 2,
    why: /token_file/,
  },
  'its metrics port': { more: { metrics: { listen: taken } }, code: 2, why: /metrics\.listen: .*another program uses/ },
  'its agent’s port': {
    more: { agent: { listen: taken } },
    code: 2,
    why: /agent cannot listen .*another program uses/,
  },
  'its agent’s metrics port': {
    more: { agent: { listen: '127.0.0.1:0', metrics: taken } },
    code: 2,
    why: /metrics cannot be served .*another program uses/,
  },
  'the health-check server’s socket': {
    more: { healthcheck_server: { socket: elsewhere } },
    code: 2,
    why: /exists and is not a socket/,
  },
  'the right to its port': {
    more: { control: { ...closed, http: '127.0.0.1:80' } },
    code: 4,
    why: /CAP_NET_BIND_SERVICE/,
    wrapper: withoutLowPorts,
  },
};

check('a node that cannot have what its start needs sends no advert and takes no address', async (t) => {
  t.timeout(300_000);
  await using lan = await createLan(2);
  const [one, two] = [lan.host(1), lan.host(2)];
  await using _taken = await takePort(two);
  await using master = await VrrpNode.start(one, {
    instances: [{ name: 'vi1', vrid: 60, priority: 100, intervalMs: 100, vips: [vip] }],
  });
  await master.becomes('master');
  const before = master.states();
  await using wire = await capture(lan);

  for (const [what, { more, code, why, wrapper = [] }] of Object.entries(cases)) {
    await using daemon = new VrrpDaemon(two, superior(more), wrapper);
    const refused = await daemon.refused();
    t.is(refused.code, code, `${what}: ${refused.said}`);
    t.regex(refused.said, why, what);
    t.deepEqual(daemon.states(), [], `${what}: its instance never started`);
    t.false((await two.addresses()).includes(vip), what);
  }

  const { adverts, announcements } = await wire.stop();
  t.true(adverts.length > 0);
  t.deepEqual([...new Set(adverts.map(({ from }) => from))], [one.address], 'the master alone speaks');
  t.deepEqual(
    announcements.filter(({ hardware }) => hardware === '02:77:00:00:00:02'),
    [],
  );
  t.deepEqual(master.states(), before, 'and remains what it was');
});
