/** A unix socket at a path that a former daemon may have left behind: taken over when it is stale, refused when it lives. */
import {
  chmodSync,
  chownSync,
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { CommandError } from '../../../model/errors.js';
import { makeDirectory } from '../../../os/files/directory.js';
import { listenerOf } from '../../../os/sockets/unix-peer.js';

/** Owner and group may talk to the daemon; nobody else. */
const SOCKET_MODE = 0o660;
/** sizeof(sockaddr_un.sun_path) minus the final NUL (unix(7)). */
const MAX_SOCKET_PATH = 107;

export type SocketOptions = {
  /** The option that the path comes from, for errors. @default control.socket */
  readonly setting?: string;
  /** Who owns the socket. @default this process's user and group */
  readonly owner?: { readonly uid: number; readonly gid: number } | null;
};

/**
 * Listens on `path`, in a directory that is made where it is missing. The socket appears there complete: bound in a
 * private directory first, so that no one can connect before its mode is set.
 * @throws CommandError ERR_CONFLICT when a daemon answers there, or the path is something else than a socket
 */
export async function listenOnUnixSocket(
  server: Server,
  path: string,
  { setting = 'control.socket', owner = null }: SocketOptions = {},
): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new CommandError('ERR_CONFLICT', `${path}: a socket's path has at most ${MAX_SOCKET_PATH} bytes`);
  }
  await makeDirectory(dirname(path), 0o755).catch((error) => refuseDirectory(path, setting, error));
  refuseWhenTaken(path, setting);
  const scratch = makeScratch(path, setting);
  const scratchFd = openSync(scratch, 'r');
  try {
    // By way of the descriptor the path stays short enough, whatever the directory is called.
    await listen(server, `/proc/self/fd/${scratchFd}/s`);
    chmodSync(join(scratch, 's'), SOCKET_MODE);
    if (owner !== null) chownSync(join(scratch, 's'), owner.uid, owner.gid);
    renameSync(join(scratch, 's'), path);
  } catch (error) {
    rmSync(join(scratch, 's'), { force: true });
    server.close();
    throw error;
  } finally {
    closeSync(scratchFd);
    rmdirSync(scratch);
  }
}

function makeScratch(path: string, setting: string): string {
  try {
    return mkdtempSync(join(dirname(path), '.fulcrum-'));
  } catch (error) {
    return refuseDirectory(path, setting, error);
  }
}

function refuseDirectory(path: string, setting: string, error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  throw new CommandError(
    'ERR_CONFLICT',
    `${path}: no socket can be made in ${dirname(path)} (${code ?? message}): make that directory writable for this user, or set ${setting}`,
  );
}

/** Identifies the socket that we made, so that a stop does not remove a successor's. */
export function inodeOf(path: string): bigint | null {
  return lstatSync(path, { throwIfNoEntry: false, bigint: true })?.ino ?? null;
}

function refuseWhenTaken(path: string, setting: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) {
    throw new CommandError('ERR_CONFLICT', `${path} exists and is not a socket: remove it, or set ${setting}`);
  }
  const peer = listenerOf(path);
  if (peer === null) return;
  const who = peer === 'busy' ? 'a daemon' : `a daemon (process ${peer.pid})`;
  throw new CommandError('ERR_CONFLICT', `${path}: ${who} is running there already: stop it, or set ${setting}`);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
