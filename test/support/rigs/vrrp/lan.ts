/**
 * A LAN of network namespaces: hosts on a bridge that has a namespace of its own, where packets are captured and dropped.
 * Host n has eth0 with 10.77.0.n/24 and fe80::n. Everything is gone after `close`.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { threadId } from 'node:worker_threads';
import { toolPath } from '../../peers/tool-path.js';

const run = promisify(execFile);
/** The system's commands first: among this project's own there is another `nft`. */
export const systemEnv = { ...process.env, PATH: `/usr/sbin:/sbin:/usr/bin:/bin:${toolPath()}` };
const env = systemEnv;
let lans = 0;
/** LANs of one test file that are there at once: real-time nodes are many for few processors. */
const MAX_LANS = 2;
const waiting: (() => void)[] = [];
let open = 0;

async function takePlace(): Promise<void> {
  if (open >= MAX_LANS) await new Promise<void>((resolve) => waiting.push(resolve));
  open += 1;
}
function freePlace(): void {
  open -= 1;
  waiting.shift()?.();
}

export type Host = {
  readonly number: number;
  /** Its network namespace. */
  readonly namespace: string;
  readonly address: string;
  readonly address6: string;
  /** Runs a command in it; answers with its stdout. */
  run(command: string, ...args: string[]): Promise<string>;
  /** Starts a command in it, with pipes. */
  start(command: string, ...args: string[]): ReturnType<typeof spawn>;
  /** The addresses on an interface (default: eth0), such as `10.77.0.1/24`. */
  addresses(device?: string): Promise<string[]>;
};

export type Lan = AsyncDisposable & {
  readonly switch: string;
  readonly hosts: readonly Host[];
  host(number: number): Host;
  /** Drops what goes from one host to another; both ways unless `oneWay`. */
  cut(from: number, to: number, oneWay?: boolean): Promise<void>;
  /** Drops nothing any more. */
  heal(): Promise<void>;
  close(): Promise<void>;
};

const inNamespace = async (namespace: string, command: string, ...args: string[]): Promise<string> =>
  (await run('ip', ['netns', 'exec', namespace, command, ...args], { env })).stdout;

export async function createLan(size: number): Promise<Lan> {
  await takePlace();
  lans += 1;
  // Test files are threads of one process.
  const name = `fv${process.pid}-${threadId}-${lans}`;
  const bridge = `${name}s`;
  const hosts = Array.from({ length: size }, (_, index) => hostOf(`${name}h${index + 1}`, index + 1));
  const namespaces = [bridge, ...hosts.map(({ namespace }) => namespace)];
  try {
    batch(
      [],
      namespaces.map((namespace) => `netns add ${namespace}`),
    );
    // Duplicate address detection would hold every link-local address back for a second or two.
    for (const namespace of namespaces) {
      execFileSync(
        'ip',
        [
          'netns',
          'exec',
          namespace,
          'sysctl',
          '-qw',
          'net.ipv6.conf.all.accept_dad=0',
          'net.ipv6.conf.default.accept_dad=0',
        ],
        { env },
      );
    }
    batch(
      ['-n', bridge],
      [
        'link add br0 type bridge mcast_snooping 0 stp_state 0 forward_delay 0',
        ...hosts.map(({ number, namespace }) => `link add p${number} type veth peer name eth0 netns ${namespace}`),
        ...hosts.map(({ number }) => `link set p${number} master br0 up`),
        'link set br0 up',
        'link set lo up',
      ],
    );
    for (const { namespace, number, address, address6 } of hosts) {
      batch(
        ['-n', namespace],
        [
          'link set lo up',
          `link set eth0 address 02:77:00:00:00:0${number} addrgenmode none`,
          'link set eth0 up',
          `addr add ${address}/24 dev eth0`,
          `addr add ${address6}/64 dev eth0 nodad`,
        ],
      );
    }
    await inNamespace(bridge, 'nft', 'add table bridge cut');
    await inNamespace(bridge, 'nft', 'add chain bridge cut forward { type filter hook forward priority 0; }');
  } catch (error) {
    removeAll(namespaces);
    freePlace();
    throw error;
  }
  const lan: Lan = {
    switch: bridge,
    hosts,
    host(number) {
      const host = hosts[number - 1];
      if (host === undefined) throw new Error(`the LAN has no host ${number}`);
      return host;
    },
    async cut(from, to, oneWay = false) {
      const drop = (a: number, b: number) =>
        inNamespace(bridge, 'nft', `add rule bridge cut forward iifname p${a} oifname p${b} drop`);
      await drop(from, to);
      if (!oneWay) await drop(to, from);
    },
    async heal() {
      await inNamespace(bridge, 'nft', 'flush chain bridge cut forward');
    },
    async close() {
      removeAll(namespaces);
      freePlace();
    },
    [Symbol.asyncDispose]: () => lan.close(),
  };
  return lan;
}

function hostOf(namespace: string, number: number): Host {
  return {
    number,
    namespace,
    address: `10.77.0.${number}`,
    address6: `fe80::${number}`,
    run: (command, ...args) => inNamespace(namespace, command, ...args),
    start: (command, ...args) => spawn('ip', ['netns', 'exec', namespace, command, ...args], { env }),
    async addresses(device = 'eth0') {
      const text = await inNamespace(namespace, 'ip', '-j', 'addr', 'show', 'dev', device);
      const [link] = JSON.parse(text) as [{ addr_info: { local: string; prefixlen: number }[] }];
      return link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
    },
  };
}

const batch = (options: readonly string[], lines: readonly string[]): void =>
  void execFileSync('ip', [...options, '-batch', '-'], { env, input: lines.join('\n') });

function removeAll(namespaces: readonly string[]): void {
  for (const namespace of namespaces) {
    try {
      execFileSync('ip', ['netns', 'del', namespace], { env, stdio: 'ignore' });
    } catch {
      // Not made.
    }
  }
}
