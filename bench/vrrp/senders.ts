/** Who is measured: each is started on the near host and becomes master at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkFlood, NAIVE_PORT, vrrpDocument } from './hosts.js';
import type { Load } from './load.js';
import { env, type Wire } from './wire.js';

export const senders = ['fulcrum', 'keepalived', 'fulcrum-plain', 'keepalived-plain', 'setInterval'] as const;
export type SenderName = (typeof senders)[number];

export const senderText: Readonly<Record<SenderName, string>> = {
  fulcrum: 'Fulcrum, realtime: auto',
  keepalived: 'keepalived, vrrp_rt_priority 50',
  'fulcrum-plain': 'Fulcrum, realtime: off',
  'keepalived-plain': 'keepalived as it comes',
  setInterval: 'setInterval and UDP on libuv, in a worker',
};

export type Sender = AsyncDisposable & {
  /** Selects its adverts, for tcpdump. */
  readonly expression: string;
  /** Its load runs in its own process: the other processes of the load are not needed. */
  readonly carriesLoad: boolean;
  kill(signal?: NodeJS.Signals): void;
};

export type SenderInit = {
  readonly wire: Wire;
  readonly intervalMs: number;
  readonly load: Load;
  readonly priority: number;
};

const script = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

export function startSender(name: SenderName, init: SenderInit): Sender {
  const { wire, intervalMs, load, priority } = init;
  const storm = load === 'garbage';
  switch (name) {
    case 'fulcrum':
    case 'fulcrum-plain': {
      const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-'));
      const realtime = name === 'fulcrum' ? 'auto' : 'off';
      const interval = `${intervalMs}ms`;
      const document = {
        ...vrrpDocument({ realtime, interval, priority, stateDir: directory }),
        ...(load === 'checks' ? checkFlood() : {}),
      };
      const argument = JSON.stringify({ document, storm });
      const child = run(wire, process.execPath, script('fulcrum-host'), argument);
      return sender(child, `src ${wire.nearAddress} and ip proto 112`, storm || load === 'checks', directory);
    }
    case 'keepalived':
    case 'keepalived-plain': {
      const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-'));
      const file = (suffix: string) => join(directory, suffix);
      writeFileSync(file('conf'), keepalivedConfig(name === 'keepalived', intervalMs, priority));
      const pids = ['-p', file('main'), '-r', file('vrrp'), '-c', file('checkers')];
      const child = run(wire, 'keepalived', '-n', '-l', '-P', '-f', file('conf'), ...pids);
      return sender(child, `src ${wire.nearAddress} and ip proto 112`, false, directory);
    }
    case 'setInterval': {
      const argument = JSON.stringify({ address: wire.nearAddress, intervalMs, storm });
      return sender(run(wire, process.execPath, script('naive-host'), argument), `udp port ${NAIVE_PORT}`, storm, null);
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

const run = (wire: Wire, command: string, ...args: string[]): ChildProcess =>
  spawn('ip', ['netns', 'exec', wire.near, command, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });

function sender(child: ChildProcess, expression: string, carriesLoad: boolean, directory: string | null): Sender {
  return {
    expression,
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
