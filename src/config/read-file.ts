import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ConfigError } from '../errors.js';
import { MAX_FILE_BYTES } from './limits.js';

/** The text of a configuration file: a regular file of bounded size in UTF-8. @throws ConfigError */
export const readConfigFile = (path: string): string => decode(readBytes(path), path);

const fail = (file: string, message: string, line = 0, column = 0): ConfigError =>
  new ConfigError([{ file, line, column, path: '', message }]);

const readBytes = (path: string): Uint8Array => {
  let fd: number | null = null;
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would hang.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw fail(path, 'this is a directory: name the file in it');
    if (!stat.isFile()) throw fail(path, 'this is no regular file');
    if (stat.size > MAX_FILE_BYTES) throw tooLarge(path);
    return readBounded(fd, path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw fail(path, `cannot be read: ${reasonOf(error)}`);
  } finally {
    if (fd !== null) closeSync(fd);
  }
};

const CHUNK = 256 * 1024;

/** Reads to the end, but at most one byte too many, however the file grows meanwhile. */
const readBounded = (fd: number, path: string): Uint8Array => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= MAX_FILE_BYTES) {
    const chunk = Buffer.alloc(Math.min(CHUNK, MAX_FILE_BYTES + 1 - length));
    const count = readSync(fd, chunk, 0, chunk.length, null);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  throw tooLarge(path);
};

const tooLarge = (path: string): ConfigError =>
  fail(path, `the file is too large: at most ${MAX_FILE_BYTES / 1024 / 1024} MiB are read`);

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  ELOOP: 'its symbolic links go round in circles',
  ENAMETOOLONG: 'its name is too long',
};

const reasonOf = (error: unknown): string => {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return reasons[String(code)] ?? (error instanceof Error ? error.message : String(error));
};

const decode = (bytes: Uint8Array, path: string): string => {
  if (isUtf8(bytes)) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const { line, column } = firstWrong(bytes);
  throw fail(path, 'this is not UTF-8 text: save the file as UTF-8 (or is it a binary file?)', line, column);
};

/** Line feeds are never part of another character, so lines can be looked at one by one. */
const firstWrong = (bytes: Uint8Array): { readonly line: number; readonly column: number } => {
  let start = 0;
  for (let line = 1; ; line += 1) {
    const feed = bytes.indexOf(0x0a, start);
    const part = bytes.subarray(start, feed === -1 ? bytes.length : feed);
    // Wrong bytes become U+FFFD. One that was written as such earlier in the line may be blamed: the line is right.
    if (!isUtf8(part)) return { line, column: Math.max(0, new TextDecoder().decode(part).indexOf('\ufffd')) + 1 };
    if (feed === -1) return { line, column: 1 };
    start = feed + 1;
  }
};
