/** Scripts, processes and files that decide who is master: two nodes on a LAN. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { needsSerial } from '../../support/needs.js';
import { VrrpDaemon } from '../../support/rigs/vrrp/daemon.js';
import { createLan, type Lan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';
import { until } from '../../support/until.js';

const check = needsSerial('root', 'ip');
const vip = '10.77.0.100/24';

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-tracking-'));
  chmodSync(folder, 0o755);
  // A script of a daemon that was killed may write there for a moment more.
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20 }));
  return folder;
}

/** A peer of priority 150, and a daemon of priority 200 that tracks. */
async function pair(lan: Lan, tracking: object, track: readonly object[]) {
  const peer = await VrrpNode.start(lan.host(2), { instances: [{ priority: 150, intervalMs: 100, vips: [vip] }] });
  const daemon = new VrrpDaemon(lan.host(1), {
    vrrp: {
      hedge: 'off',
      ...tracking,
      instances: [
        {
          name: 'vi1',
          interface: 'eth0',
          vrid: 60,
          priority: 200,
          preempt: true,
          advert_interval: '100ms',
          addresses: [vip],
          track,
        },
      ],
    },
  });
  return {
    peer,
    daemon,
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await peer[Symbol.asyncDispose]();
    },
  };
}

check('a script, a file and a process: a weight gives the peer its turn, and takes it back', async (t) => {
  const folder = folderOf(t);
  const ready = join(folder, 'ready');
  const load = join(folder, 'load');
  writeFileSync(ready, '');
  writeFileSync(load, '0');
  await using lan = await createLan(2);
  const sleeper = () => lan.host(1).start('/bin/sleep', '97531');
  let process = sleeper();
  t.teardown(() => process.kill('SIGKILL'));
  const command = ['/usr/bin/test', '-e', ready];
  await using nodes = await pair(
    lan,
    {
      scripts: { chk: { command, interval: '100ms', timeout: '10s', user: 'nobody', fall: 2 } },
      processes: { web: { command: '/bin/sleep 97531' } },
      files: { load: { path: load, weight: -1 } },
    },
    [{ script: 'chk', weight: -100 }, { process: 'web', weight: -100 }, { file: 'load' }],
  );
  const { daemon, peer } = nodes;
  const losesAndRegains = async (lose: () => void, regain: () => void, reason: RegExp) => {
    let mark = daemon.mark;
    const peerMark = peer.mark;
    lose();
    await daemon.logged(reason, mark);
    t.regex(await daemon.becomes('backup', mark), /higher priority was heard: 10\.77\.0\.2, priority 150/);
    await peer.becomes('master', peerMark);
    mark = daemon.mark;
    regain();
    await daemon.becomes('master', mark);
  };
  await daemon.becomes('master');
  await losesAndRegains(
    () => rmSync(ready),
    () => writeFileSync(ready, ''),
    /vi1 has priority 100: script chk -100 \(exit code 1\)/,
  );
  await losesAndRegains(
    () => writeFileSync(load, '80'),
    () => writeFileSync(load, '10'),
    /vi1 has priority 120: file load -80 \(the number 80\)/,
  );
  await losesAndRegains(
    () => process.kill('SIGKILL'),
    () => {
      process = sleeper();
    },
    /vi1 has priority 90: process web -100 \(0 of 1 run\), file load -10/,
  );
});

check('without a weight the instance goes to fault, and says why', async (t) => {
  const ready = join(folderOf(t), 'ready');
  await using lan = await createLan(2);
  await using nodes = await pair(
    lan,
    { scripts: { chk: { command: ['/usr/bin/test', '-e', ready], interval: '100ms', timeout: '10s' } } },
    [{ script: 'chk' }],
  );
  const { daemon, peer } = nodes;
  await daemon.becomes('fault');
  await daemon.logged(/tracked script chk: exit code 1/);
  await peer.becomes('master');
  writeFileSync(ready, '');
  await daemon.becomes('master');
  const mark = daemon.mark;
  rmSync(ready);
  t.is(await daemon.becomes('fault', mark), 'tracked script chk: exit code 1');
});

check('a hundred scripts disturb nobody: the peer hears every advert in time', async (t) => {
  const folder = folderOf(t);
  const names = Array.from({ length: 100 }, (_, index) => `s${index}`);
  const scripts = Object.fromEntries(
    names.map((name) => [name, { command: ['/usr/bin/touch', join(folder, name)], interval: '1s', timeout: '10s' }]),
  );
  await using lan = await createLan(2);
  await using nodes = await pair(lan, { scripts }, [{ script: 's0', weight: -100 }]);
  const { daemon, peer } = nodes;
  await daemon.becomes('master');
  // It was master while it was alone.
  await peer.until(
    ({ what, value }) => what === 'event' && /"from":"master","to":"backup"/.test(JSON.stringify(value)),
  );
  const mark = peer.mark;
  for (let round = 0; round < 3; round += 1) {
    for (const name of names) rmSync(join(folder, name), { force: true });
    await until(() => readdirSync(folder).length === names.length);
  }
  const heard = peer.said
    .slice(mark)
    .filter(({ what, value }) => what === 'event' && JSON.stringify(value).includes('"to"'));
  t.deepEqual(heard, []);
});
