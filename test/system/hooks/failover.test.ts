import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../../support/needs.js';
import { VrrpDaemon } from '../../support/rigs/vrrp/daemon.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { until } from '../../support/until.js';

const check = needs('root', 'ip', 'nft');

const linesOf = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];

check("a notify script of keepalived's is told each change in order, through a SIGKILL of the daemon", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-hooks-failover-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [script, told, hold] = ['notify.sh', 'told', 'hold'].map((name) => join(folder, name));
  if (script === undefined || told === undefined || hold === undefined) throw new Error('three names');
  // Where it is held it fails, so that what follows waits in the journal.
  writeFileSync(script, `#!/bin/sh\ntest -e ${hold} && exit 1\necho "$@" $FULCRUM_PRESENT >> ${told}\n`, {
    mode: 0o755,
  });
  const stateDirectory = join(folder, 'state');
  const node = (priority: number, more: object = {}) => ({
    vrrp: {
      instances: [
        {
          name: 'vi1',
          interface: 'eth0',
          vrid: 60,
          priority,
          preempt: true,
          advert_interval: '100ms',
          addresses: ['10.77.0.100/24'],
        },
      ],
    },
    dataplane: { driver: 'dry-run' },
    ...more,
  });
  const watched = node(150, {
    node: { name: 'lb1', state_dir: stateDirectory },
    hooks: [{ name: 'legacy', on: ['vrrp-transition'], command: [script], format: 'keepalived', retries: 1000 }],
  });
  await using lan = await createLan(2);
  await using first = new VrrpDaemon(lan.host(1), watched);
  await first.becomes('master');
  await until(() => linesOf(told).length >= 2);
  t.deepEqual(linesOf(told), ['INSTANCE vi1 BACKUP 150 0', 'INSTANCE vi1 MASTER 150 0']);

  writeFileSync(hold, '');
  const { mark } = first;
  await using other = new VrrpDaemon(lan.host(2), node(200));
  await first.becomes('backup', mark);
  await other.end('SIGTERM');
  await first.becomes('master', mark);
  await first.logged(/"verdict":"again"/);
  await until(() => entriesOf(stateDirectory) === 4);
  await first.end('SIGKILL');
  rmSync(hold);

  await using second = new VrrpDaemon(lan.host(1), watched);
  await second.becomes('master');
  await until(() => linesOf(told).length >= 6);
  t.deepEqual(
    linesOf(told).slice(2, 6),
    ['BACKUP', 'MASTER', 'BACKUP', 'MASTER'].map((state) => `INSTANCE vi1 ${state} 150 0`),
    'what the killed daemon did not tell, then what happened since',
  );
  t.is(await second.end('SIGTERM'), 0);
  t.is(linesOf(told).at(-1), 'INSTANCE vi1 STOP 150 0', 'its last words are told before it ends');
});

const entriesOf = (directory: string): number =>
  readFileSync(join(directory, 'hooks.journal'), 'utf8').match(/"kind":"entry"/g)?.length ?? 0;
