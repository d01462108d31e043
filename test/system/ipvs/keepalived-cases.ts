/**
 * One configuration of keepalived, run by keepalived itself and, imported, by Fulcrum: the kernel's table is the same at each step,
 * with ipvsadm as the independent reader.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { importKeepalived } from '../../../src/import/keepalived/index.js';
import { createRuntime } from '../../../src/index.js';
import { savedLines } from '../../support/peers/ipvsadm.js';
import type { GuestCases } from '../../support/rigs/guest.js';
import { until } from '../../support/rigs/vrrp/lab.js';

const FOLDER = '/run/side-by-side';
const file = (name: string): string => `${FOLDER}/${name}`;
const write = (name: string, text: string): void => writeFileSync(file(name), text);

const CONFIGURATION = `
global_defs {
  script_user root
}
track_file load {
  file "${file('load')}"
  weight 2
}
virtual_server 10.1.0.1 80 {
  delay_loop 1
  lb_algo wrr
  lb_kind NAT
  persistence_timeout 60
  persistence_granularity 255.255.255.0
  protocol TCP
  alpha
  sorry_server 10.9.0.9 8099
  sorry_server_inhibit
  sorry_server_lvs_method NAT
  real_server 10.9.0.1 8081 {
    weight 2
    MISC_CHECK {
      misc_path ${file('check.sh')}
      misc_dynamic
      retry 0
    }
  }
  real_server 10.9.0.2 80 {
    weight 3
    lvs_method DR
    FILE_CHECK {
      track_file load
    }
  }
}
`;

const SERVICE = '-A -t 10.1.0.1:80 -s wrr -p 60 -M 255.255.255.0';
const script = (weight: number): string => `-a -t 10.1.0.1:80 -r 10.9.0.1:8081 -m -w ${weight}`;
const direct = (weight: number): string => `-a -t 10.1.0.1:80 -r 10.9.0.2:80 -g -w ${weight}`;
const sorry = (weight: number): string => `-a -t 10.1.0.1:80 -r 10.9.0.9:8099 -m -w ${weight}`;

/** What the script's exit code and the file's number are, and the table that follows. */
const STORY: readonly (readonly [code: number, load: number, table: readonly string[]])[] = [
  [0, 0, [SERVICE, script(2), direct(3), sorry(0)]],
  [12, 5, [SERVICE, script(10), direct(13), sorry(0)]],
  [2, -1, [SERVICE, script(0), direct(1), sorry(0)]],
  [1, 1, [SERVICE, direct(5), sorry(0)]],
  [1, -2147483648, [SERVICE, sorry(1)]],
  [0, 0, [SERVICE, script(2), direct(3), sorry(0)]],
];

async function tell(who: string, log: () => string): Promise<void> {
  for (const [step, [code, load, table]] of STORY.entries()) {
    write('code', `${code}`);
    write('load', `${load}\n`);
    const wanted = table.toSorted().join('\n');
    await until(
      `${who}, step ${step}`,
      () => savedLines().join('\n'),
      (seen) => seen === wanted,
      60_000,
    ).catch((error: unknown) => assert.fail(`${String(error)}\nwanted:\n${wanted}\n${log()}`));
  }
}

async function withKeepalived(steps: (log: () => string) => Promise<void>): Promise<void> {
  const out = openSync(file('log'), 'a');
  const pids = ['-p', file('pid'), '-c', file('checkers-pid')];
  const command = ['--check', '-n', '-l', '-D', '-f', file('keepalived.conf'), ...pids];
  const keepalived = spawn('keepalived', command, { stdio: ['ignore', out, out] });
  try {
    await steps(() => readFileSync(file('log'), 'utf8').slice(-3000));
  } finally {
    keepalived.kill('SIGTERM');
    await once(keepalived, 'exit');
  }
}

export const cases: GuestCases = {
  'weights of a script and of a file, ways of forwarding, a sorry server that stays and a persistence net: the table is keepalived’s':
    async () => {
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(file('check.sh'), `#!/bin/sh\nexit $(cat ${file('code')})\n`, { mode: 0o755 });
      write('keepalived.conf', CONFIGURATION);
      write('code', '0');
      write('load', '0\n');
      await withKeepalived((log) => tell('keepalived', log));
      await until(
        'keepalived leaves nothing',
        () => savedLines().length,
        (count) => count === 0,
        60_000,
      );

      const source = {
        file: file('keepalived.conf'),
        text: CONFIGURATION,
        files: { list: () => null, read: () => '' },
      };
      const { document, notes } = importKeepalived(source, { host: 'lb', env: {} });
      assert.deepEqual(notes, []);
      const runtime = await createRuntime({
        ...document,
        node: { state_dir: `${FOLDER}/state` },
        control: { socket: null, http: null, grpc: null },
        runtime: { monitor_shards: 1 },
      });
      try {
        await tell('Fulcrum', () => JSON.stringify(runtime.status().services));
      } finally {
        await runtime.stop();
      }
      assert.deepEqual(savedLines(), []);
    },
};
