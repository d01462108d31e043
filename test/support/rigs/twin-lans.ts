/**
 * Two networks that are alike, for cases inside a guest: on one keepalived runs, on the other Fulcrum. Each has four links with the
 * node, a peer, and a world that has the address of each server.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { addBridge, addHost, inHost, run, startOn } from './vrrp/lab.js';

const SIDES = ['k', 'f'] as const;
/** keepalived's, and Fulcrum's. */
export type Side = (typeof SIDES)[number];
const LINKS = ['eth0', 'eth1', 'eth2', 'eth3'] as const;
const HOSTS = { node: 1, peer: 2, world: 254 } as const;
const DIRECTORY = '/run/twins';

export type Server = { readonly address: string; readonly port: number };

export class TwinLans {
  readonly #worlds = new Map<Side, { readonly process: ChildProcess; readonly said: Interface }>();
  readonly #served = new Map<Side, string[]>();

  constructor() {
    run(`mkdir -p ${DIRECTORY}`);
    run(
      `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=world -keyout ${DIRECTORY}/key -out ${DIRECTORY}/certificate`,
    );
    for (const side of SIDES) this.#make(side);
  }

  #make(side: Side): void {
    for (const link of LINKS) addBridge(`${side}-${link}`);
    for (const [host, number] of Object.entries(HOSTS)) {
      const links = LINKS.map((link, index) => [link, [`${side}-${link}`, `172.31.${index}.${number}/24`]] as const);
      addHost(`${side}${host}`, Object.fromEntries(links));
      for (const [index, link] of LINKS.entries())
        run(`ip -n ${side}${host} addr add fd00:31:${index}::${number}/64 dev ${link} nodad`);
    }
    run(`ip -n ${side}node route add default via 172.31.0.254`);
    run(`ip -n ${side}node -6 route add default via fd00:31:0::254`);
    inHost(`${side}node`, 'sysctl -qw net.ipv4.ip_forward=1');
    startOn(
      `${side}node`,
      ['tcpdump', '-l', '-n', '-i', 'any', '-Q', 'out', '-x', 'ip proto 112 or ip6 proto 112'],
      captureOf(side),
    );
    const program = fileURLToPath(new URL('../programs/world-main.js', import.meta.url));
    const files = [`${DIRECTORY}/certificate`, `${DIRECTORY}/key`];
    const world = spawn('ip', ['netns', 'exec', `${side}world`, process.execPath, program, ...files], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#worlds.set(side, { process: world, said: createInterface(world.stdout) });
  }

  /** From now on the world has these servers, and no others. */
  async serve(servers: readonly Server[]): Promise<void> {
    for (const side of SIDES) {
      for (const address of this.#served.get(side) ?? []) run(`ip -n ${side}world addr del ${address} dev eth0`);
      const addresses = [...new Set(servers.map(({ address }) => `${address}/${address.includes(':') ? 128 : 32}`))];
      for (const address of addresses) run(`ip -n ${side}world addr add ${address} dev eth0 nodad`);
      this.#served.set(side, addresses);
      const world = this.#worlds.get(side);
      if (world === undefined) throw new Error(`no world ${side}`);
      world.process.stdin?.write(`${JSON.stringify([...new Set(servers.map(({ port }) => port))])}\n`);
      const said = await Promise.race([once(world.said, 'line'), once(world.process, 'exit')]);
      if (said[0] !== 'ready') throw new Error(`the world ${side} ended: ${said.join(' ')}`);
    }
  }
}

const captureOf = (side: Side): string => `${DIRECTORY}/capture-${side}`;

/** The IPVS table of a node as `ipvsadm -S -n` saves it, sorted. */
export const tableOf = (side: Side): readonly string[] =>
  inHost(`${side}node`, 'ipvsadm -S -n')
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();

type AddressOfIp = {
  readonly local: string;
  readonly prefixlen: number;
  readonly scope: string;
  readonly label?: string;
};

/** What a node has on each link beside its own: `eth0 10.0.0.1/24 global`. */
export function addressesOf(side: Side): readonly string[] {
  const links = JSON.parse(inHost(`${side}node`, 'ip -j addr')) as {
    readonly ifname: string;
    readonly addr_info: readonly AddressOfIp[];
  }[];
  return links
    .flatMap(({ ifname, addr_info: addresses }) =>
      addresses.map(({ local, prefixlen, scope, label }) =>
        [ifname, `${local}/${prefixlen}`, scope, label === ifname ? '' : (label ?? '')].join(' ').trim(),
      ),
    )
    .filter((line) => !/ (172\.31\.\d\.1\/24|fd00:31:\d::1\/64|fe80::\S{15,}|127\.0\.0\.1\/8|::1\/128)/.test(line))
    .toSorted();
}

/** The routes and rules of a node beside what its own addresses bring along. */
export function routesOf(side: Side): readonly string[] {
  const routes = [4, 6].flatMap((family) => run(`ip -n ${side}node -${family} route show table all`).split('\n'));
  const rules = [4, 6].flatMap((family) => run(`ip -n ${side}node -${family} rule`).split('\n'));
  return [...routes, ...rules]
    .filter((line) => line !== '' && !/ proto kernel|^(local|broadcast|anycast|multicast|ff00)/.test(line))
    .map((line) => line.replace(/ proto \S+/, '').trim())
    .toSorted();
}

/** The last advert of each virtual router that the node sent: `eth0 IPv4 VRID: bytes`, without what numbers packets. */
export function advertsOf(side: Side, sinceByte: number): readonly string[] {
  const last = new Map<string, string>();
  const text = readFileSync(captureOf(side), 'utf8').slice(sinceByte);
  for (const packet of text.split(/\n(?=\S)/)) {
    const [head = '', ...lines] = packet.split('\n');
    const hex = lines.map((line) => line.replace(/^\s+0x\w+:/, '').replaceAll(' ', '')).join('');
    const link = / (eth\d) /.exec(head)?.[1];
    if (link === undefined || hex.length < 60) continue;
    const isV6 = hex.startsWith('6');
    // Flow label, source (made of the link's MAC address) and checksum over it; packet number and checksum.
    const bytes = isV6
      ? `${hex.slice(0, 3)}.....${hex.slice(8, 16)}....${hex.slice(48, 92)}....${hex.slice(96)}`
      : `${hex.slice(0, 8)}....${hex.slice(12, 20)}....${hex.slice(24)}`;
    const vrid = Number.parseInt(isV6 ? hex.slice(82, 84) : hex.slice(42, 44), 16);
    last.set(`${link} ${isV6 ? 'IPv6' : 'IPv4'} ${vrid}`, bytes);
  }
  return [...last].map(([router, bytes]) => `${router}: ${bytes}`).toSorted();
}

/** Where `advertsOf` begins to read for what is sent from now on. */
export const captureMark = (side: Side): number => readFileSync(captureOf(side), 'utf8').length;

/** keepalived on a host; it runs until it is stopped. */
export function startKeepalived(host: string, text: string, also: readonly string[] = []) {
  const base = `${DIRECTORY}/${host}`;
  writeFileSync(`${base}.conf`, text);
  const pids = ['-p', `${base}.pid`, '-r', `${base}-vrrp.pid`, '-c', `${base}-checkers.pid`];
  const child = startOn(host, ['keepalived', '-n', '-l', '-D', '-f', `${base}.conf`, ...pids, ...also], `${base}.log`);
  const ended = once(child, 'exit');
  return {
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
    log: () => readFileSync(`${base}.log`, 'utf8'),
  };
}
