import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { needs, needsSerial } from '../../support/needs.js';
import { Heard } from '../../support/rigs/vrrp/heard.js';
import { createLan, type Host } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

const check = needs('root', 'ip', 'nft');
/** Alone: what the others start would hold up as well. */
const checkAlone = needsSerial('root', 'ip', 'taskset');
const main = fileURLToPath(new URL('../../support/programs/vrrp-runtimes-main.js', import.meta.url));
const vips = ['10.77.0.100/24', '10.77.0.101/24'] as const;

type Line = { readonly runtime?: number; readonly type: string; readonly [field: string]: unknown };
type Init = { readonly namespace?: string; readonly priority: number; readonly vrid: number; readonly vip: string };

type Options = { readonly shareState?: boolean; readonly oneProcessor?: boolean };

/** One process with a runtime for each; `vi1` is the only instance of each. */
function startRuntimes(host: Host, inits: readonly Init[], { shareState = false, oneProcessor = false }: Options = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-vrrp-embedded-'));
  const documents = inits.map(({ namespace = '', priority, vrid, vip }, index) => ({
    namespace,
    document: {
      node: { state_dir: join(directory, shareState ? 'state' : `${index}`) },
      control: { socket: null, http: null, grpc: null },
      dataplane: { driver: 'dry-run' },
      runtime: { monitor_shards: 1 },
      vrrp: {
        instances: [{ name: 'vi1', interface: 'eth0', vrid, priority, advert_interval: '100ms', addresses: [vip] }],
      },
    },
  }));
  const command = [process.execPath, main, JSON.stringify(documents)] as const;
  const child = oneProcessor ? host.start('taskset', '--cpu-list', '0', ...command) : host.start(...command);
  const exited = once(child, 'exit');
  const heard = new Heard<Line>('the process with the runtimes');
  const { stdout, stderr } = child;
  if (stdout === null) throw new Error('no stdout');
  createInterface(stdout).on('line', (line) => heard.add(JSON.parse(line) as Line));
  stderr?.pipe(process.stderr);
  return {
    heard,
    becomes: (runtime: number, state: string) =>
      heard.until((line) => line.runtime === runtime && line.type === 'is' && line['state'] === state),
    async stop(runtime: number): Promise<void> {
      const { mark } = heard;
      child.stdin?.write(`${runtime}\n`);
      await heard.until((line) => line.runtime === runtime && line.type === 'stopped', mark);
    },
    /** What it had before its runtimes, and has after them, and how it ended. */
    async end() {
      const { before, after } = await heard.until(({ type }) => type === 'left');
      const [code] = (await exited) as [number | null];
      return { before, after, code };
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

check('two runtimes of one process serve two VRIDs on one interface, and stop one after the other', async (t) => {
  await using lan = await createLan(2);
  const one = lan.host(1);
  await using both = startRuntimes(one, [
    { priority: 200, vrid: 60, vip: vips[0] },
    { priority: 200, vrid: 61, vip: vips[1] },
  ]);
  await both.becomes(0, 'master');
  await both.becomes(1, 'master');
  await using peer = await VrrpNode.start(lan.host(2), {
    instances: vips.map((vip, index) => ({
      name: `peer${index}`,
      vrid: 60 + index,
      priority: 150,
      intervalMs: 100,
      vips: [vip],
    })),
  });
  for (const instance of ['peer0', 'peer1']) await peer.view((view) => view.adverts.received >= 10, instance);
  for (const vip of vips) t.true((await one.addresses()).includes(vip));

  const mark = both.heard.mark;
  await both.stop(0);
  await peer.becomes('master', 0, 'peer0');
  t.false((await one.addresses()).includes(vips[0]));
  t.true((await one.addresses()).includes(vips[1]), 'the other runtime keeps what is its own');
  await peer.view((view) => view.adverts.received >= 20, 'peer1');
  const others = both.heard.items.slice(mark).filter(({ runtime, type }) => runtime === 1 && type === 'vrrp-state');
  t.deepEqual(others, [], 'and its place');

  await both.stop(1);
  await peer.becomes('master', 0, 'peer1');
  t.false((await one.addresses()).includes(vips[1]));
  const { before, after, code } = await both.end();
  t.is(code, 0);
  t.deepEqual(after, before, 'no thread and no socket stays');
  t.deepEqual(
    both.heard.items.filter(({ type }) => type === 'vrrp-alarm'),
    [],
  );
});

checkAlone('a node that starts holds up none that keeps time on the same processor', async (t) => {
  await using lan = await createLan(1);
  const inits = vips.map((vip, index) => ({ priority: 200, vrid: 60 + index, vip }));
  await using both = startRuntimes(lan.host(1), inits, { oneProcessor: true });
  await both.becomes(0, 'master');
  await both.becomes(1, 'master');
  for (const runtime of [0, 1]) await both.stop(runtime);
  t.is((await both.end()).code, 0);
  t.deepEqual(
    both.heard.items.filter(({ type }) => type === 'vrrp-alarm'),
    [],
  );
});

check('two runtimes of one process in two namespaces are each other’s peer', async (t) => {
  await using lan = await createLan(2);
  const [one, two] = [lan.host(1), lan.host(2)];
  await using both = startRuntimes(one, [
    { namespace: one.namespace, priority: 200, vrid: 60, vip: vips[0] },
    { namespace: two.namespace, priority: 150, vrid: 60, vip: vips[0] },
  ]);
  await both.becomes(0, 'master');
  await both.becomes(1, 'backup');
  t.true((await one.addresses()).includes(vips[0]));
  await both.stop(0);
  await both.becomes(1, 'master');
  t.false((await one.addresses()).includes(vips[0]));
  t.true((await two.addresses()).includes(vips[0]));
  await both.stop(1);
  t.false((await two.addresses()).includes(vips[0]));
  const { before, after, code } = await both.end();
  t.is(code, 0);
  t.deepEqual(after, before);
});

check(
  'a second runtime that was given the state directory of the first is refused, and that one goes on',
  async (t) => {
    await using lan = await createLan(1);
    const one = lan.host(1);
    const inits = vips.map((vip, index) => ({ priority: 200, vrid: 60 + index, vip }));
    await using both = startRuntimes(one, inits, { shareState: true });
    const refused = await both.heard.until(({ type }) => type === 'refused');
    t.is(refused.runtime, 1);
    t.regex(String(refused['why']), /this process \(\d+\) has this state directory/);
    await both.becomes(0, 'master');
    t.true((await one.addresses()).includes(vips[0]));
    t.false((await one.addresses()).includes(vips[1]));
    const alarms = both.heard.items.filter(({ type }) => type === 'vrrp-alarm');
    t.deepEqual(alarms, [], 'none took an address off that was put back');
    await both.stop(0);
    const { before, after, code } = await both.end();
    t.is(code, 0);
    t.deepEqual(after, before, 'no thread and no socket stays');
  },
);
