/**
 * What one daemon alone may have on this host: its state directory, its control socket, and each VRID of an interface. Taken before
 * anything else is done, so that a second start changes nothing of the first one's; and gone with the process, however that ends.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { advertFamily } from '../../machines/vrrp/virtual-addresses.js';
import type { Config } from '../../model/config.js';
import { CommandError } from '../../model/errors.js';
import type { Log } from '../../model/observing/log.js';
import { makeDirectorySync } from '../../os/files/directory.js';
import { tryLockFile } from '../../os/files/file-lock.js';
import { hasCapability } from '../../os/process/capability.js';
import { holdName, listenerOf, type UnixPeer } from '../../os/sockets/unix-peer.js';

const LOCK_FILE = 'fulcrum.lock';
/** A number, and a line's end. */
const MAX_PID_BYTES = 16;

/** One thing that is had; `release` gives it back. */
type Held = { readonly release: () => void };
type Taken = { readonly kind: 'held'; readonly held: Held } | { readonly kind: 'refused'; readonly why: string };
type Wanted = { readonly key: string; readonly take: () => Promise<Taken> };

const nothing: Taken = { kind: 'held', held: { release() {} } };

export class Claims {
  readonly #log: Log;
  readonly #held = new Map<string, Held>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes what this configuration needs and is not had yet: all of it, or none. @throws CommandError that names who has it */
  async take(config: Config): Promise<void> {
    const fresh: string[] = [];
    const refused: string[] = [];
    for (const { key, take } of wantedBy(config, this.#log)) {
      if (this.#held.has(key)) continue;
      const taken = await take();
      if (taken.kind === 'refused') refused.push(taken.why);
      else {
        this.#held.set(key, taken.held);
        fresh.push(key);
      }
    }
    if (refused.length === 0) return;
    for (const key of fresh) this.#release(key);
    throw new CommandError('ERR_CONFLICT', refused.join('; '));
  }

  /** Gives back what this configuration does not need. Actors that run may still write to the state directory that they began with. */
  settle(config: Config): void {
    const wanted = new Set(wantedBy(config, this.#log).map(({ key }) => key));
    for (const key of [...this.#held.keys()]) if (!wanted.has(key) && !isStateDir(key)) this.#release(key);
  }

  releaseAll(): void {
    for (const key of [...this.#held.keys()]) this.#release(key);
  }

  #release(key: string): void {
    this.#held.get(key)?.release();
    this.#held.delete(key);
  }
}

const STATE_DIR = 'state ';
const isStateDir = (key: string): boolean => key.startsWith(STATE_DIR);

function wantedBy({ node: { stateDir }, control: { socket }, vrrp }: Config, log: Log): readonly Wanted[] {
  return [
    { key: `${STATE_DIR}${stateDir}`, take: async () => takeStateDir(stateDir, log) },
    ...(socket === null ? [] : [{ key: `socket ${socket}`, take: async () => takeSocket(socket) }]),
    ...vrrp.instances.map((instance) => {
      const { vrid } = instance;
      const family = advertFamily(instance);
      const router = `${instance.interface} ${family} ${vrid}`;
      const what = `VRID ${vrid} on ${instance.interface} (${family})`;
      return { key: `vrrp ${router}`, take: () => takeName(`fulcrum vrrp ${router}`, what, log) };
    }),
  ];
}

/** The lock is on the file, not in it: one that a killed process left says nothing. */
function takeStateDir(stateDir: string, log: Log): Taken {
  const path = join(stateDir, LOCK_FILE);
  let fd: number;
  try {
    makeDirectorySync(stateDir, 0o755);
    // Whatever is there, opening it must not wait, and must not lead elsewhere.
    const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
    if (!fstatSync(fd).isFile()) throw new Error('this is no regular file');
  } catch (error) {
    // Who cannot write there disturbs nobody, and what is kept there says what follows.
    log.warn({ file: path, error: String(error) }, 'the state directory cannot be locked against a second daemon');
    return nothing;
  }
  if (!tryLockFile(fd)) {
    const bytes = Buffer.alloc(MAX_PID_BYTES);
    const pid = Number(bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0)));
    closeSync(fd);
    const who = processOf(Number.isInteger(pid) ? pid : 0);
    return { kind: 'refused', why: `${stateDir}: ${who} has this state directory: stop it, or set node.state_dir` };
  }
  ftruncateSync(fd);
  writeSync(fd, `${process.pid}\n`);
  return { kind: 'held', held: { release: () => closeSync(fd) } };
}

/** The gateway takes it, and would find out; but by then the other daemon's table and addresses would be next. */
function takeSocket(path: string): Taken {
  let peer: ReturnType<typeof listenerOf>;
  try {
    peer = listenerOf(path);
  } catch {
    // No socket, or none for us: the gateway says what is wrong with it.
    return nothing;
  }
  if (peer === null) return nothing;
  const who = processOf(peer === 'busy' ? 0 : peer.pid);
  return { kind: 'refused', why: `${path}: ${who} listens there already: stop it, or set control.socket` };
}

/** A name of this network namespace (unix(7)), which goes with its socket. Anybody may take one, but not everybody may be a router. */
async function takeName(name: string, what: string, log: Log): Promise<Taken> {
  const server = await holdName(name);
  if (server !== null) return { kind: 'held', held: { release: () => void server.close() } };
  const peer = listenerOf(`\0${name}`);
  if (peer !== null && peer !== 'busy' && !mayBeRouter(peer)) {
    log.warn({ process: peer.pid, user: peer.uid }, `${what}: a process that can be no router holds its name`);
    return nothing;
  }
  const who = processOf(peer === null || peer === 'busy' ? 0 : peer.pid);
  return { kind: 'refused', why: `${what}: ${who} has this virtual router: stop it, or choose another vrid` };
}

/** Where that cannot be seen (another PID namespace), it counts as one. */
function mayBeRouter({ pid, uid }: UnixPeer): boolean {
  if (uid === 0 || pid === 0) return true;
  try {
    return hasCapability('CAP_NET_RAW', readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

const processOf = (pid: number): string =>
  pid === 0 ? 'another process' : pid === process.pid ? `this process (${pid})` : `process ${pid}`;
