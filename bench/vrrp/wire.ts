/** Two hosts and a wire between them: network namespaces that go with `close`, and tcpdump on the far end. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { MissingPrivilegeError } from '../../src/model/errors.js';
import { startTcpdump } from '../support/tcpdump.js';

/** The system's own tools first: `node_modules/.bin` has an `nft` of another kind. */
export const env = { ...process.env, PATH: `/usr/sbin:/sbin:/usr/bin:/bin:${process.env['PATH']}` };

/** Throws where a program that a bench runs is not installed. */
export function requireTools(names: readonly string[]): void {
  const missing = names.filter((name) => spawnSync('sh', ['-c', 'command -v "$0"', name], { env }).status !== 0);
  if (missing.length > 0)
    throw new Error(`not installed: ${missing.join(', ')} (on Debian: apt-get install ${missing.join(' ')})`);
}

export type Wire = AsyncDisposable & {
  /** Namespaces: `near` is measured, `far` listens. */
  readonly near: string;
  readonly far: string;
  readonly nearAddress: string;
  readonly farAddress: string;
  /** Of eth0 on the far end. */
  readonly farIndex: number;
};

let wires = 0;

/** Throws MissingPrivilegeError where namespaces cannot be made. */
export async function createWire(): Promise<Wire> {
  if (process.getuid?.() !== 0) {
    throw new MissingPrivilegeError(
      'CAP_SYS_ADMIN',
      'CAP_SYS_ADMIN is missing: network namespaces need it; run as root',
    );
  }
  wires += 1;
  const name = `fb${process.pid}-${wires}`;
  const [near, far] = [`${name}n`, `${name}f`];
  const [nearAddress, farAddress] = ['10.78.0.1', '10.78.0.2'];
  const ip = (...args: string[]) => execFileSync('ip', args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const remove = () => {
    for (const namespace of [near, far]) {
      try {
        ip('netns', 'del', namespace);
      } catch {
        // Not made.
      }
    }
  };
  try {
    for (const namespace of [near, far]) ip('netns', 'add', namespace);
    ip('-n', near, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', far);
    for (const [namespace, address] of [
      [near, nearAddress],
      [far, farAddress],
    ] as const) {
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      ip('-n', namespace, 'link', 'set', 'eth0', 'up');
      ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    }
  } catch (error) {
    remove();
    throw error;
  }
  const shown = execFileSync('ip', ['-n', far, '-j', 'link', 'show', 'eth0'], { env, encoding: 'utf8' });
  const farIndex = (JSON.parse(shown) as { ifindex: number }[])[0]?.ifindex ?? 0;
  return { near, far, nearAddress, farAddress, farIndex, [Symbol.asyncDispose]: async () => remove() };
}

/** A packet's capture time by the kernel, and its bytes from the Ethernet header on. */
export type Packet = { readonly atNs: bigint; readonly bytes: Uint8Array };

export type Tap = {
  /** Packets so far. */
  count(): number;
  stop(): Promise<readonly Packet[]>;
};

/** Records what a BPF expression selects on the far end, with the kernel's nanosecond time stamps. */
export async function tap(wire: Wire, expression: string): Promise<Tap> {
  const options = ['-p', '-B', '16384', '-s', '128', '--time-stamp-precision=nano'];
  const recording = await startTcpdump({ namespace: wire.far, device: 'eth0', env }, options, expression);
  const read = () => readPcap(readFileSync(recording.file));
  return {
    count: () => read().length,
    async stop() {
      await recording.stop();
      try {
        return read();
      } finally {
        recording.discard();
      }
    },
  };
}

/** For a sender to start and to become master, on a machine that may be slow. */
const START_LIMIT_MS = 60_000;
const LOOK_MS = 100;

/** Resolves when something was heard; `who` goes into the error. */
export async function firstPacket(ear: Tap, who: string): Promise<void> {
  const endMs = performance.now() + START_LIMIT_MS;
  while (ear.count() === 0) {
    if (performance.now() > endMs) throw new Error(`${who} sent nothing in ${START_LIMIT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const NANOSECOND_MAGIC = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;

/** libpcap's file format, in this machine's byte order; a packet that is not whole (yet) is left out. */
export function readPcap(bytes: Uint8Array): readonly Packet[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FILE_HEADER_BYTES) return [];
  const little = view.getUint32(0, true) === NANOSECOND_MAGIC;
  if (!little && view.getUint32(0, false) !== NANOSECOND_MAGIC) throw new Error('not a capture with nanoseconds');
  const packets: Packet[] = [];
  let at = FILE_HEADER_BYTES;
  while (at + PACKET_HEADER_BYTES <= bytes.length) {
    const length = view.getUint32(at + 8, little);
    const from = at + PACKET_HEADER_BYTES;
    if (from + length > bytes.length) break;
    const atNs = BigInt(view.getUint32(at, little)) * 1_000_000_000n + BigInt(view.getUint32(at + 4, little));
    packets.push({ atNs, bytes: bytes.subarray(from, from + length) });
    at = from + length;
  }
  return packets;
}
