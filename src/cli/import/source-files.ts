/** The files of another program's configuration, on this machine. */
import { isUtf8 } from 'node:buffer';
import { readdirSync, writeFileSync } from 'node:fs';
import { MAX_SOURCE_BYTES, type SourceFiles } from '../../import/files.js';
import { ConfigError, messageOf, RefusedError, unplacedIssue } from '../../model/errors.js';
import { readRegularFile } from '../../os/files/regular-file.js';

/** Other programs do not ask for UTF-8: any bytes are some text in Latin-1. */
const readText = (path: string): string => {
  const { bytes } = readRegularFile(path, MAX_SOURCE_BYTES);
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
};

export const sourceFiles: SourceFiles = {
  list: (directory) => {
    try {
      return readdirSync(directory, { withFileTypes: true }).map(
        (entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`,
      );
    } catch {
      return null;
    }
  },
  read: readText,
};

/** @throws ConfigError */
export function readSource(file: string): string {
  try {
    return readText(file);
  } catch (error) {
    throw new ConfigError([unplacedIssue({ file, message: messageOf(error) })]);
  }
}

/** It may hold a password. @throws RefusedError */
export function writeTo(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    throw new RefusedError(`${file} cannot be written: ${messageOf(error)}`);
  }
}
