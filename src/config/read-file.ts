import { isUtf8 } from 'node:buffer';
import { ConfigError, messageOf } from '../model/errors.js';
import { readRegularFile } from '../os/files/regular-file.js';
import { MAX_FILE_BYTES } from './limits.js';

/** The text of a configuration file: a regular file of bounded size in UTF-8. @throws ConfigError */
export const readConfigFile = (path: string): string => decodeText(readBytes(path), path);

const fail = (file: string, message: string, line = 0, column = 0): ConfigError =>
  new ConfigError([{ file, line, column, path: '', message }]);

const readBytes = (path: string): Uint8Array => {
  try {
    return readRegularFile(path, MAX_FILE_BYTES).bytes;
  } catch (error) {
    throw fail(path, messageOf(error));
  }
};

/** The text of a document; `path` names it in the error. @throws ConfigError where it is not UTF-8 */
export const decodeText = (bytes: Uint8Array, path: string): string => {
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
