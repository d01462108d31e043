/**
 * The commands of README.md and docs/, run as a reader types them, page after page: the pair of the quick start on network
 * namespaces, then the operator's pages on its first node. The fixture lists the commands that are not run, and why.
 */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { blocksOf, checkout, commandsOf, type PageRun, whyNotRun } from '../../support/fixtures/documented-commands.js';
import { needsSerial } from '../../support/needs.js';
import { startNginx } from '../../support/peers/nginx.js';
import { OperatorHost, type Running } from '../../support/rigs/operator-host.js';
import { createLan, type Lan } from '../../support/rigs/vrrp/lan.js';

const LIMIT_MS = 900_000;
const FILE = '/etc/fulcrum/fulcrum.yaml';

/** What differs for a command from: it ends with 0 and says something, on the page's host. */
type Step = {
  readonly on?: OperatorHost;
  readonly code?: number;
  readonly says?: RegExp;
  /** It does not end by itself: `stays` runs on, `followed` is stopped when it has said that. */
  readonly runs?: 'stays' | 'followed';
  /** Typed in the checkout's folder. */
  readonly inCheckout?: true;
  readonly before?: () => Promise<unknown>;
  readonly after?: () => Promise<unknown>;
};

/** Runs the page's commands in their order. */
async function follow(
  t: ExecutionContext,
  page: PageRun,
  host: OperatorHost,
  steps: Readonly<Record<string, Step>>,
): Promise<void> {
  const known = commandsOf(page).filter((command) => whyNotRun(command) === null);
  t.deepEqual(
    Object.keys(steps).filter((command) => !known.includes(command)),
    [],
    `${page} has other commands`,
  );
  for (const command of known) {
    const { on = host, code = 0, says = /./, runs, inCheckout, before, after } = steps[command] ?? {};
    await before?.();
    const running = on.start(inCheckout ? `cd ${checkout} && ${command}` : command);
    if (runs === undefined) {
      const { stdout, stderr, ...ran } = await running.ended;
      t.is(ran.code, code, `${page}: ${command}\n${stdout}${stderr}`);
      t.regex(`${stdout}${stderr}`, says, `${page}: ${command}`);
    } else {
      await running.said(says);
      if (runs === 'followed') t.is((await running.stop()).code, 0, `${page}: ${command}`);
    }
    await after?.();
  }
}

type Vrrp = { readonly state: string };
const becomes = (host: OperatorHost, state: string) =>
  host.until<readonly Vrrp[]>('show vrrp', (instances) => instances.every((instance) => instance.state === state));
const isWell = (host: OperatorHost) =>
  host.until<{ readonly state: string }>('status', ({ state }) => state === 'healthy');

/** The n-th host gets these addresses alone. */
async function operatorHost(
  t: ExecutionContext,
  lan: Lan,
  number: number,
  ...addresses: string[]
): Promise<OperatorHost> {
  const host = lan.host(number);
  await host.run('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
  for (const address of addresses) await host.run('ip', 'addr', 'add', address, 'dev', 'eth0');
  return await OperatorHost.on(t, host);
}

const yamlOf = (page: PageRun): string => blocksOf(page).find(({ language }) => language === 'yaml')?.text ?? '';

async function createPair(t: ExecutionContext) {
  t.timeout(LIMIT_MS);
  const lan = await createLan(4);
  t.teardown(() => lan.close());
  const lb1 = await operatorHost(t, lan, 1, '10.0.0.2/24');
  const lb2 = await operatorHost(t, lan, 2, '10.0.0.3/24');
  await operatorHost(t, lan, 3, '10.0.0.11/24', '10.0.0.12/24');
  const client = await operatorHost(t, lan, 4, '10.0.0.50/24', '10.0.1.50/24');
  const page = 'server { listen 8080; location / { return 200 "$server_addr\\n"; } }';
  await startNginx(t, page, lan.host(3).namespace);
  return { lb1, lb2, client };
}

needsSerial(
  'root',
  'ip',
  'nft',
  'nsenter',
  'nginx',
  'curl',
)(
  'the quick start and the pages for operators: every command does on a pair of nodes what its page says',
  async (t) => {
    const { lb1, lb2, client } = await createPair(t);
    const file = yamlOf('docs/quick-start.md');
    lb1.write('fulcrum.yaml', file);
    // As the page says.
    lb2.write('fulcrum.yaml', file.replace('name: lb1', 'name: lb2').replace('priority: 200', 'priority: 100'));
    const run = `fulcrum run -c ${FILE}`;
    const daemons: Running[] = [];
    await follow(t, 'docs/quick-start.md', lb1, {
      'fulcrum --version': { says: /^\d+\.\d+\.\d+\n$/ },
      'fulcrum status': {
        async before() {
          t.is((await lb2.sh(`fulcrum validate -c ${FILE}`)).code, 0);
          daemons.push(lb1.start(run));
          await becomes(lb1, 'master');
          daemons.push(lb2.start(run));
          await Promise.all([isWell(lb1), isWell(lb2), becomes(lb2, 'backup')]);
        },
      },
      'fulcrum show vrrp': { says: /vi1.*master/ },
      'fulcrum show backends': { says: /\ba\b.*healthy.*\n.*\bb\b.*healthy/ },
      'ip addr show dev eth0': { says: /10\.0\.0\.100\/24/ },
      'curl http://10.0.0.100/': { on: client, says: /10\.0\.0\.1[12]/ },
      'fulcrum failover vi1': {
        async after() {
          await becomes(lb2, 'master');
          t.is((await lb2.sh('fulcrum failover vi1')).code, 0);
          await becomes(lb1, 'master');
        },
      },
      'fulcrum show events -n 5': { says: /vi1/ },
      'fulcrum plan': {
        code: 1,
        before: async () => lb1.write('fulcrum.yaml', file.replace('port: 8080 }', 'port: 8080, weight: 2 }')),
        says: /weight/,
      },
    });
    await follow(t, 'docs/operations.md', lb1, {
      'fulcrum drain a --wait --timeout 5m': { says: /drained/ },
      'fulcrum enable a': { after: () => isWell(lb1) },
      'fulcrum maintenance on': { after: () => becomes(lb2, 'master') },
      'fulcrum status': { code: 1, says: /the node is in maintenance since / },
      'fulcrum maintenance off': {
        async after() {
          t.is((await lb2.sh('fulcrum failover vi1')).code, 0);
          await Promise.all([becomes(lb1, 'master'), isWell(lb1)]);
        },
      },
      'fulcrum failover vi1': { after: () => becomes(lb1, 'backup') },
      'fulcrum show events --follow': { says: /vi1/, runs: 'followed' },
      'fulcrum drill engine crash': {
        async before() {
          await daemons.shift()?.stop();
          lb1.start(`${run} --drills`);
          await isWell(lb1);
        },
        after: () =>
          lb1.until<readonly { readonly name: string; readonly restarts: number }[]>('show actors', (actors) =>
            actors.some(({ name, restarts }) => name === 'engine' && restarts === 1),
          ),
      },
      'fulcrum show actors': { says: /engine/ },
    });
    await follow(t, 'docs/troubleshooting.md', lb1, {
      'fulcrum status': { before: () => isWell(lb1) },
      'fulcrum check http http://10.0.0.11:8080/healthz': { says: /^healthy: / },
    });
    await follow(t, 'docs/cli.md', lb1, {
      'fulcrum check http http://10.0.0.11:8080/healthz --expected-codes 200,204': { says: /^healthy: / },
      'fulcrum show backends --json': { says: /^\[/ },
      'fulcrum show events --follow': { says: /./, runs: 'followed' },
      'fulcrum drain a --service web --wait --timeout 5m': { says: /drained/ },
    });
    await lb1.sh('fulcrum enable a');
    await follow(t, 'docs/configuration.md', lb1, { 'fulcrum schema': { says: /Fulcrum configuration/ } });
    await follow(t, 'docs/dataplane.md', lb1, {
      'fulcrum drain a --wait --timeout 5m': { before: () => isWell(lb1), says: /^web\/a: drained/m },
    });
    await lb1.sh('fulcrum enable a');
    lb1.write('token', '0123456789abcdef\n');
    lb1.write('fulcrum.yaml', file.replace('control:\n', 'control:\n  token_file: /etc/fulcrum/token\n'));
    t.is((await lb1.sh('fulcrum reload')).code, 0);
    const [drain = ''] = commandsOf('docs/api.md').filter((command) => command.includes('POST'));
    await follow(t, 'docs/api.md', lb1, {
      'curl --unix-socket /run/fulcrum/fulcrum.sock http://localhost/api/v1/services/web': { says: /"name": ?"web"/ },
      'curl http://127.0.0.1:9080/api/v1/backends': { says: /10\.0\.0\.12/ },
      [drain]: { says: /"changed":\["web\/a"\]/ },
    });
    await lb1.until<readonly { readonly name: string; readonly state: string }[]>('show backends', (backends) =>
      backends.some(({ name, state }) => name === 'a' && state === 'disabled'),
    );
  },
);

needsSerial(
  'root',
  'ip',
  'nft',
  'nsenter',
  'nginx',
  'curl',
  'nc',
)('README.md, and the pages about the agent, the installation and the data planes', async (t) => {
  const { lb1, lb2, client } = await createPair(t);
  lb1.writeHere('lb.yaml', yamlOf('README.md'));
  let demo: Running | null = null;
  await follow(t, 'README.md', lb1, {
    'for i in 1 2 3 4; do curl -s http://127.0.0.1:8080/; done': {
      on: client,
      async before() {
        // `npm start` is this once the checkout is built.
        demo = client.start(`fulcrum run -c ${join(checkout, 'examples/demo.yaml')}`);
        await isWell(client);
      },
      says: /^(?:hello from the backend on port 809[123] \(pid \d+\)\n){4}$/,
    },
    'curl -s -X POST http://127.0.0.1:8092/stop': { on: client, says: /^/ },
    'npx fulcrum show backends': { on: client, inCheckout: true, says: /two/, after: async () => await demo?.stop() },
    'fulcrum run -c lb.yaml': { runs: 'stays', says: /control\.socket listens/, after: () => isWell(lb1) },
    'fulcrum --help': { says: /Usage: fulcrum/ },
    'fulcrum check http http://10.0.0.11:8080/healthz': { says: /^healthy: / },
  });
  const backend = join(checkout, 'dist/bench/agent-backend.js');
  await follow(t, 'docs/agent.md', client, {
    'fulcrum agent': {
      async before() {
        await client.start(`${process.execPath} ${backend} 50051`).said(/ready/);
      },
      runs: 'stays',
      says: /listen/,
    },
    "printf '127.0.0.1 50051 no-ssl api.example.com\\n' | nc -q 2 127.0.0.1 5555": { says: /^up\n/ },
    'curl -s http://127.0.0.1:9090/metrics': { says: /^check_requests_total\{result="up"\} 1$/m },
  });
  await follow(t, 'docs/install.md', lb2, {
    'fulcrum validate -c /etc/fulcrum/fulcrum.yaml': {
      before: async () => lb2.write('fulcrum.yaml', yamlOf('docs/quick-start.md')),
    },
  });
  // The settings of a backend.
  await follow(t, 'docs/choosing-a-data-plane.md', client, {
    'ip route replace default via 10.0.1.1': { says: /^/ },
    'ip addr add 10.0.0.100/32 dev lo': { says: /^/ },
  });
  t.regex((await client.sh('ip route')).stdout, /^default via 10\.0\.1\.1 /m);
});
