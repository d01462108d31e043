/** What holds for every command of `fulcrum --help`: help, exit codes, and `--json`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { briefStatusView, eventView } from '../../../src/actors/gateway/http/schemas.js';
import { CommandError } from '../../../src/model/errors.js';
import { dataplaneView } from '../../../src/model/observing/dataplane-views.js';
import { startRig } from '../../support/rigs/gateway-rig.js';
import { runCommand } from '../../support/rigs/run-command.js';
import { type Ran, runFulcrum } from '../../support/rigs/run-fulcrum.js';

const directory = mkdtempSync(join(tmpdir(), 'fulcrum-commands-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

const good = join(directory, 'good.yaml');
writeFileSync(good, 'node:\n  name: n\n');

/** Words that follow a command which only reads; null for one that does something else. */
const reading: Readonly<Record<string, readonly (readonly string[])[] | null>> = {
  run: null,
  validate: [['-c', good]],
  doctor: [['-c', good, '--listen', '0']],
  import: null,
  check: [['tcp', '127.0.0.1:1']],
  plan: [[], ['-c', good]],
  reload: null,
  status: [[]],
  show: ['services', 'backends', 'checks', 'vrrp', 'ipvs', 'actors', 'events'].map((what) => [what]),
  top: [[]],
  failover: null,
  drain: null,
  weight: null,
  maintenance: null,
  enable: null,
  disable: null,
  drill: null,
  agent: null,
  'healthcheck-server': null,
  schema: [[]],
  bench: null,
  completion: null,
  help: null,
};
const withoutDaemon = new Set(['validate', 'doctor', 'check', 'schema']);

const listed = ({ stdout }: Ran): string[] =>
  [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name ?? '');

test.serial('fulcrum --help lists these commands', async (t) => {
  t.deepEqual(listed(await runFulcrum(['--help'])).sort(), Object.keys(reading).sort());
});

for (const name of Object.keys(reading)) {
  test.serial(`${name}: help on stdout, and exit code 2 for an unknown option`, async (t) => {
    const [help, wrong] = await Promise.all([runCommand([name, '--help']), runCommand([name, '--no-such-option'])]);
    t.like(help, { code: 0, stderr: '' });
    t.regex(help.stdout, new RegExp(`^Usage: fulcrum ${name} `));
    t.like(wrong, { code: 2, stdout: '' });
    t.regex(wrong.stderr, /^error: /);
  });
}

for (const [name, calls] of Object.entries(reading)) {
  for (const words of calls ?? []) {
    test.serial(`${[name, ...words.slice(0, 1)].join(' ')} prints one JSON document with --json`, async (t) => {
      const rig = await startRig(t, { behaviour: { supervisor: { 'plan-file': () => [] } } });
      const where = withoutDaemon.has(name) ? [] : ['--socket', rig.socketPath];
      const ran = await runCommand([name, ...words, '--json', ...where]);
      t.is(ran.stderr, '');
      t.true([0, 1].includes(ran.code ?? -1), `exit code ${ran.code}`);
      t.is(typeof JSON.parse(ran.stdout), 'object');
    });
  }
}

for (const words of [
  ['status'],
  ['show', 'services'],
  ['show', 'events'],
  ['top'],
  ['plan'],
  ['plan', '-c', good],
  ['reload'],
  ['failover', 'vi1'],
  ['drain', 'a'],
  ['weight', 'a', '5'],
  ['maintenance', 'on'],
  ['enable', 'a'],
  ['disable', 'a'],
  ['drill', 'engine', 'crash'],
]) {
  test.serial(`${words.slice(0, 2).join(' ')} is exit code 3 without a daemon, with and without --json`, async (t) => {
    const at = ['--socket', join(directory, 'none.sock')];
    // Without a terminal top has only --json.
    const ways = words[0] === 'top' ? [['--json']] : [[], ['--json']];
    for (const ran of await Promise.all(ways.map((way) => runCommand([...words, ...way, ...at])))) {
      t.like(ran, { code: 3, stdout: '' });
      t.regex(ran.stderr, /^fulcrum: cannot reach the daemon at .*none\.sock/);
    }
  });
}

test.serial(
  'top --json is the status with the newest events and the table; a table that is not told is null',
  async (t) => {
    let told = true;
    const rig = await startRig(t, {
      behaviour: {
        dataplane: {
          table: () => {
            if (!told) throw new CommandError('ERR_UNAVAILABLE', 'dataplane was restarted');
            return { driver: 'dry-run', why: 'test', services: [] };
          },
        },
      },
    });
    const why = 'none is healthy';
    rig.tell('engine', {
      kind: 'state',
      item: { type: 'service', key: 'service/web', name: 'web', enabled: true, healthy: false, why },
    });
    rig.tell('engine', {
      kind: 'event',
      event: { type: 'service-state', service: 'web', healthy: false, why, atMs: Date.now(), actor_name: 'engine' },
    });
    const shape = briefStatusView.extend({ events: eventView.array(), ipvs: dataplaneView.nullable() });
    const top = async () => {
      const ran = await runCommand(['top', '--json', '--socket', rig.socketPath]);
      // As of status: something is not well.
      t.is(ran.code, 1, ran.stderr);
      return shape.parse(JSON.parse(ran.stdout));
    };
    const first = await top();
    t.like(first.services[0], { name: 'web', healthy: false });
    t.is(first.events.at(-1)?.why, why);
    t.is(first.ipvs?.driver, 'dry-run');
    told = false;
    t.is((await top()).ipvs, null);
  },
);
