import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { configFromValue } from '../../../src/config/load.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { Claims } from '../../../src/workers/supervision/claims.js';
import { needs } from '../../support/needs.js';

let next = 0;

function scratch(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-claims-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function claims(t: ExecutionContext) {
  const warnings: string[] = [];
  const made = new Claims({ ...silentLog, warn: (_fields, message) => void warnings.push(message) });
  t.teardown(() => made.releaseAll());
  return { claims: made, warnings };
}

type Options = {
  readonly stateDir: string;
  readonly socket?: string | null;
  readonly vrids?: readonly number[];
  readonly link: string;
};

const configOf = ({ stateDir, socket = null, vrids = [], link }: Options) =>
  configFromValue({
    node: { state_dir: stateDir },
    control: { socket },
    vrrp: {
      instances: vrids.map((vrid) => ({
        name: `vi${vrid}`,
        interface: link,
        vrid,
        priority: 100,
        addresses: [`192.0.2.${vrid}/24`],
      })),
    },
  }).config;

/** An interface that no other test names: the names of routers are the whole network namespace's. */
const freshLink = (): string => {
  next += 1;
  return `c${process.pid % 100_000}x${next}`;
};

test('a second one is told what is had, and by which process, and can have it once it is given back', async (t) => {
  const directory = scratch(t);
  const socket = join(directory, 'x.sock');
  const server = createServer().listen(socket);
  t.teardown(() => server.close());
  await once(server, 'listening');
  const config = configOf({ stateDir: directory, socket: null, vrids: [1], link: freshLink() });
  const [first, second] = [claims(t), claims(t)];
  await first.claims.take(config);
  const again = { ...config, control: { ...config.control, socket } };
  const error = await t.throwsAsync(second.claims.take(again), { code: 'ERR_CONFLICT' });
  const me = `this process (${process.pid})`;
  const [link] = config.vrrp.instances;
  t.is(
    error?.message,
    [
      `${directory}: ${me} has this state directory: stop it, or set node.state_dir`,
      `${socket}: ${me} listens there already: stop it, or set control.socket`,
      `VRID 1 on ${link?.interface} (ipv4): ${me} has this virtual router: stop it, or choose another vrid`,
    ].join('; '),
  );
  first.claims.releaseAll();
  await second.claims.take(config);
  t.deepEqual([...first.warnings, ...second.warnings], []);
});

test('two with things of their own do not meet', async (t) => {
  const link = freshLink();
  await claims(t).claims.take(configOf({ stateDir: scratch(t), vrids: [1], link }));
  await claims(t).claims.take(configOf({ stateDir: scratch(t), vrids: [2], link }));
  await claims(t).claims.take(configOf({ stateDir: scratch(t), vrids: [1], link: freshLink() }));
  t.pass();
});

test('the lock file of a killed process refuses nobody', async (t) => {
  const directory = scratch(t);
  writeFileSync(join(directory, 'fulcrum.lock'), `${process.pid}\n1234567890`);
  await claims(t).claims.take(configOf({ stateDir: directory, link: freshLink() }));
  t.is(readFileSync(join(directory, 'fulcrum.lock'), 'utf8'), `${process.pid}\n`);
});

test('who is refused one thing takes none', async (t) => {
  const link = freshLink();
  const [first, second] = [claims(t), claims(t)];
  await first.claims.take(configOf({ stateDir: scratch(t), vrids: [2], link }));
  const wanted = scratch(t);
  await t.throwsAsync(second.claims.take(configOf({ stateDir: wanted, vrids: [1, 2, 3], link })));
  await claims(t).claims.take(configOf({ stateDir: wanted, vrids: [1, 3], link }));
  t.pass();
});

test('a reload takes what is new and gives back what is not wanted any more', async (t) => {
  const link = freshLink();
  const stateDir = scratch(t);
  const [first, second] = [claims(t), claims(t)];
  await first.claims.take(configOf({ stateDir, vrids: [1], link }));
  const later = configOf({ stateDir, vrids: [2], link });
  await first.claims.take(later);
  first.claims.settle(later);
  await second.claims.take(configOf({ stateDir: scratch(t), vrids: [1], link }));
  await t.throwsAsync(second.claims.take(later), { message: /state directory.*VRID 2/ });
});

test('a state directory that cannot be locked is told, and kept by nobody', async (t) => {
  const { claims: one, warnings } = claims(t);
  await one.take(configOf({ stateDir: '/proc/fulcrum-none', link: freshLink() }));
  t.deepEqual(warnings, ['the state directory cannot be locked against a second daemon']);
});

needs('root', 'setpriv')('a process that can send no adverts keeps nobody from being a router', async (t) => {
  const link = freshLink();
  const config = configOf({ stateDir: scratch(t), vrids: [1], link });
  const module = new URL('../../../src/os/sockets/unix-peer.js', import.meta.url).href;
  const script = `import { holdName } from '${module}';
    await holdName('fulcrum vrrp ${link} ipv4 1');
    console.log('there');`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  const child = spawn('setpriv', ['--reuid', '65534', '--bounding-set', '-all', ...node]);
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const { claims: one, warnings } = claims(t);
  await one.take(config);
  t.deepEqual(warnings, [`VRID 1 on ${link} (ipv4): a process that can be no router holds its name`]);
});
