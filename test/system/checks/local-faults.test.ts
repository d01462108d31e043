/** What runs short here is never the backend's fault; and marked probes carry their mark. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { needs } from '../../support/needs.js';
import { toolPath } from '../../support/peers/tool-path.js';
import { bounded } from '../../support/programs/run-in-test.js';

const main = fileURLToPath(new URL('../../support/programs/own-faults-main.js', import.meta.url));
const addressesMain = fileURLToPath(new URL('../../support/programs/own-addresses-main.js', import.meta.url));

type Results = Record<string, string[]>;

/** Runs the probes after a shell's preparations; `prefix` starts the shell. */
async function probes(
  prefix: readonly string[],
  preparation: string,
  args: readonly string[],
  env = {},
  program = main,
): Promise<Results> {
  const shell = ['sh', '-ec', `${preparation}; exec "$0" "$@"`, process.execPath, program, ...args];
  const [file = 'sh', ...rest] = [...prefix, ...shell];
  const child = spawn(file, rest, {
    ...bounded,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: toolPath(), ...env },
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return JSON.parse(output);
}

/** Four ports for all who connect, so that one in a few connects to itself. */
const fewPorts = 'echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range';

/** In a network namespace of its own, gone with the process. */
const inOwnNetwork = (preparation: string, args: readonly string[], env = {}, program = main): Promise<Results> =>
  probes(['unshare', '--net'], `ip link set lo up; ${preparation}`, args, env, program);

const inNetwork = needs('root', 'unshare', 'ip');

needs()('without file descriptors every check is an error of ours', async (t) => {
  const results = await probes([], 'ulimit -n 64', ['descriptors']);
  t.is(Object.keys(results).length, 9);
  for (const [name, [result]] of Object.entries(results)) t.regex(result ?? '', /^error: (?:EMFILE|ENFILE): /, name);
});

inNetwork('without ephemeral ports every check is an error of ours', async (t) => {
  // The range holds two ports, and both are reserved for others.
  const range = '/proc/sys/net/ipv4/ip_local_port_range';
  const reserved = '/proc/sys/net/ipv4/ip_local_reserved_ports';
  const results = await inOwnNetwork(`echo 40000 40001 > ${range}; echo 40000-40001 > ${reserved}`, ['ports', '30000']);
  t.is(Object.keys(results).length, 9);
  for (const [name, [result]] of Object.entries(results)) {
    t.regex(result ?? '', /^error: (?:EADDRNOTAVAIL|EADDRINUSE|EAGAIN): /, name);
  }
});

needs(
  'root',
  'unshare',
  'ip',
  'nft',
)('a marked probe gets through where an unmarked one is refused', async (t) => {
  const RULES = `
    add table inet t
    add chain inet t o { type filter hook output priority 0; }
    add rule inet t o meta l4proto { tcp, udp } th dport 30000 meta mark != 77 reject with icmpx port-unreachable
  `;
  const results = await inOwnNetwork('echo "$RULES" | nft -f -', ['mark', '30000'], { RULES });
  t.is(Object.keys(results).length, 4);
  for (const [name, [without, withMark]] of Object.entries(results)) {
    t.regex(without ?? '', /^(?:refused|error): /, name);
    t.regex(withMark ?? '', /^healthy: /, name);
  }
});

inNetwork(
  'a port of this host that nobody listens at is refused, though the probe itself may be given it',
  async (t) => {
    const results = await inOwnNetwork(fewPorts, ['itself', '40000'], {}, addressesMain);
    t.is(Object.keys(results).length, 8);
    for (const [name, summaries] of Object.entries(results)) {
      t.is(summaries.length, 1, `${name}: ${summaries.join(', ')}`);
      t.regex(summaries[0] ?? '', /^refused: .*:40000: connection refused$/, name);
    }
  },
);

inNetwork('a client of the proxy never hears itself from a port of this host that nobody listens at', async (t) => {
  const results = await inOwnNetwork(fewPorts, ['proxied', '40000'], {}, addressesMain);
  t.deepEqual(results, { client: ['ECONNRESET'] });
});

inNetwork(
  'the agent finds a port of this host that nobody listens at refused, though it may be given it',
  async (t) => {
    const results = await inOwnNetwork(fewPorts, ['agent', '40000'], {}, addressesMain);
    t.deepEqual(results, { agent: ['connect: connect ECONNREFUSED 127.0.0.1:40000'] });
  },
);

inNetwork('once the source address has left this host, nothing is said of the target', async (t) => {
  const add = 'ip addr add fd77::1/128 dev lo nodad; ip addr add fd77::2/128 dev lo nodad';
  const { before, after } = await inOwnNetwork(add, ['leaving', 'fd77::1', 'fd77::2'], {}, addressesMain);
  t.deepEqual(before, ['healthy: connected']);
  t.regex(after?.[0] ?? '', /^error: EADDRNOTAVAIL: .*source/);
});
