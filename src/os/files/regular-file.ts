/**
 * The one way to read a file that a person named: a regular file of bounded size. A pipe that nobody writes to, a device
 * without an end, a directory or a socket is refused, and opening none of them waits.
 */

import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '../../model/errors.js';

/** Certificates and keys: the bundle of a whole distribution's authorities has 0.2 MiB. */
export const MAX_PEM_BYTES = 4 * 1024 * 1024;

export type RegularFile = { readonly bytes: Buffer; readonly mode: number };

/** Its message says what is wrong, and leaves the file's name to whoever tells it. */
export class FileRefusal extends Error {
  override readonly name = 'FileRefusal';
  /** There is no such file. */
  readonly absent: boolean;

  constructor(message: string, absent = false) {
    super(message);
    this.absent = absent;
  }
}

// Without O_NONBLOCK, opening a pipe that nobody writes to would hang.
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** @throws FileRefusal */
export function readRegularFile(path: string, maxBytes: number): RegularFile {
  let fd: number | null = null;
  try {
    fd = openSync(path, OPEN_FLAGS);
    return readOpenFile(fd, maxBytes);
  } catch (error) {
    throw refusalOf(error);
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/**
 * As `readRegularFile`, but the calling thread goes on meanwhile. On a file system that hangs it never ends, and keeps a thread of
 * libuv's pool, which has four for the whole process. @throws FileRefusal
 */
export async function readRegularFileLater(path: string, maxBytes: number): Promise<RegularFile> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, OPEN_FLAGS);
    const stat = await handle.stat();
    refuseUnlessFile(stat, maxBytes);
    const chunks: Buffer[] = [];
    // One byte too many tells that there is more, however the file grows meanwhile.
    for await (const chunk of handle.createReadStream({ end: maxBytes, autoClose: false })) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (bytes.length > maxBytes) throw tooLarge(maxBytes);
    return { bytes, mode: stat.mode };
  } catch (error) {
    throw refusalOf(error);
  } finally {
    await handle?.close();
  }
}

/** All of a file that is open already. @throws FileRefusal, or the system's error */
export function readOpenFile(fd: number, maxBytes: number): RegularFile {
  const stat = fstatSync(fd);
  refuseUnlessFile(stat, maxBytes);
  return { bytes: readBounded(fd, stat.size, maxBytes), mode: stat.mode };
}

function refuseUnlessFile(stat: Stats, maxBytes: number): void {
  if (stat.isDirectory()) throw new FileRefusal('this is a directory: name the file in it');
  if (!stat.isFile()) throw new FileRefusal('this is no regular file');
  if (stat.size > maxBytes) throw tooLarge(maxBytes);
}

const CHUNK = 256 * 1024;

/** Reads to the end, but at most one byte too many, however the file grows meanwhile; files of /proc say a size of 0. */
function readBounded(fd: number, size: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length <= maxBytes) {
    // One byte more than is expected tells the end at once.
    const room = Math.min(Math.max(CHUNK, size + 1), maxBytes + 1 - length);
    const chunk = Buffer.alloc(room);
    const count = readSync(fd, chunk, 0, chunk.length, null);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  throw tooLarge(maxBytes);
}

const tooLarge = (maxBytes: number): FileRefusal =>
  new FileRefusal(`the file is too large: at most ${sizeText(maxBytes)} are read`);

const MIB = 1024 * 1024;
const sizeText = (bytes: number): string => (bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${bytes} bytes`);

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  ELOOP: 'its symbolic links go round in circles',
  ENAMETOOLONG: 'its name is too long',
  ENXIO: 'it is a socket or a device',
};

function refusalOf(error: unknown): FileRefusal {
  if (error instanceof FileRefusal) return error;
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const why = reasons[String(code)] ?? messageOf(error);
  return new FileRefusal(`cannot be read: ${why}`, code === 'ENOENT');
}
