/** Who is measured: each is started on the near host, unless it is said otherwise, and becomes master at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whyNoAddon } from '../support/addons.js';
import { NAIVE_PORT, vrrpDocument } from './hosts.js';
import type { Load } from './load.js';
import type { NaiveInit } from './naive-advert.js';
import { env, requireTools, type Wire } from './wire.js';

export const senders = [
  'fulcrum',
  'keepalived',
  'fulcrum-alone',
  'fulcrum-plain',
  'keepalived-plain',
  'setInterval',
  'raw-socket',
] as const;
export type SenderName = (typeof senders)[number];

/** They send adverts, and know no election. */
export const isTimerAlone = (name: SenderName): boolean => name === 'setInterval' || name === 'raw-socket';

export const senderText: Readonly<Record<SenderName, string>> = {
  fulcrum: 'Fulcrum as it comes: real-time where it may',
  keepalived: 'keepalived with vrrp_rt_priority 50',
  'fulcrum-alone': 'Fulcrum with one thread that sends adverts, in real time',
  'fulcrum-plain': 'Fulcrum without CAP_SYS_NICE',
  'keepalived-plain': 'keepalived without CAP_SYS_NICE and vrrp_rt_priority',
  setInterval: 'setInterval and UDP on libuv, in a worker',
  'raw-socket': 'setInterval and the npm package raw-socket, on the main thread',
};

export type Sender = AsyncDisposable & {
  /** Its load runs in its own process: the other processes of the load are not needed. */
  readonly carriesLoad: boolean;
  kill(signal?: NodeJS.Signals): void;
};

export type SenderInit = {
  readonly wire: Wire;
  readonly intervalMs: number;
  readonly load: Load;
  readonly priority: number;
  /** Where it runs. @default 'near' */
  readonly host?: 'near' | 'far';
};

/** Throws where a program is not installed that these, or measuring them, needs. */
export function requireSenders(names: readonly SenderName[]): void {
  const keepalived = names.some((name) => name.startsWith('keepalived')) ? ['keepalived'] : [];
  requireTools(['ip', 'tcpdump', ...keepalived]);
  const why = names.includes('raw-socket') ? whyNoAddon('raw-socket') : null;
  if (why !== null) throw new Error(why);
}

/** All, but for what has to be installed by a command of its own and is not. */
export const presentSenders = (): readonly SenderName[] =>
  senders.filter((name) => name !== 'raw-socket' || whyNoAddon('raw-socket') === null);

/** Selects a sender's adverts, for tcpdump. */
export const senderExpression = (name: SenderName, wire: Wire): string =>
  name === 'setInterval' ? `udp port ${NAIVE_PORT}` : `src ${wire.nearAddress} and ip proto 112`;

const fulcrumHost = fileURLToPath(new URL('./fulcrum-host.js', import.meta.url));
const plainHosts = {
  setInterval: fileURLToPath(new URL('./naive-host.js', import.meta.url)),
  'raw-socket': fileURLToPath(new URL('./addon-host.js', import.meta.url)),
};

export function startSender(name: SenderName, init: SenderInit): Sender {
  const { wire, intervalMs, load, priority, host = 'near' } = init;
  const namespace = wire[host];
  const storm = load === 'garbage';
  switch (name) {
    case 'fulcrum':
    case 'fulcrum-alone':
    case 'fulcrum-plain': {
      const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-'));
      const interval = `${intervalMs}ms`;
      const document = vrrpDocument({
        interval,
        priority,
        hedge: name === 'fulcrum-alone' ? 'off' : 'auto',
        stateDir: directory,
      });
      const argument = JSON.stringify({ document, storm, flood: load === 'checks' });
      const child = run(namespace, ...rights(name), process.execPath, fulcrumHost, argument);
      return sender(child, storm || load === 'checks', directory);
    }
    case 'keepalived':
    case 'keepalived-plain': {
      const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-'));
      const file = (suffix: string) => join(directory, suffix);
      writeFileSync(file('conf'), keepalivedConfig(name === 'keepalived', intervalMs, priority));
      const pids = ['-p', file('main'), '-r', file('vrrp'), '-c', file('checkers')];
      const child = run(namespace, ...rights(name), 'keepalived', '-n', '-l', '-P', '-f', file('conf'), ...pids);
      return sender(child, false, directory);
    }
    case 'setInterval':
    case 'raw-socket': {
      const argument = JSON.stringify({ address: wire.nearAddress, intervalMs, storm } satisfies NaiveInit);
      return sender(run(namespace, process.execPath, plainHosts[name], argument), storm, null);
    }
    default:
      return name satisfies never;
  }
}

const keepalivedConfig = (realtime: boolean, intervalMs: number, priority: number): string => `
global_defs {
  vrrp_version 3
${realtime ? '  vrrp_rt_priority 50\n  vrrp_no_swap\n' : ''}}
vrrp_instance vi1 {
  state BACKUP
  interface eth0
  virtual_router_id 60
  priority ${priority}
  advert_int ${intervalMs / 1000}
  virtual_ipaddress {
    10.78.0.100/24 dev eth0
  }
}
`;

/** What takes the right to real-time scheduling away from a plain sender. */
const rights = (name: SenderName): readonly string[] =>
  name.endsWith('-plain') ? ['setpriv', '--bounding-set', '-sys_nice', '--inh-caps', '-sys_nice'] : [];

const run = (namespace: string, ...command: readonly string[]): ChildProcess =>
  // keepalived logs to stderr whatever happens.
  spawn('ip', ['netns', 'exec', namespace, ...command], {
    env,
    stdio: ['ignore', 'ignore', command.includes('keepalived') ? 'ignore' : 'inherit'],
  });

function sender(child: ChildProcess, carriesLoad: boolean, directory: string | null): Sender {
  return {
    carriesLoad,
    kill: (signal = 'SIGKILL') => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        // keepalived's children would outlive a kill.
        child.kill('SIGTERM');
        const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
        await once(child, 'exit');
        clearTimeout(patience);
      }
      if (directory !== null) rmSync(directory, { recursive: true, force: true });
    },
  };
}
