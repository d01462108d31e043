/** A configuration file, read to be sent to the daemon. */
import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { ConfigError } from '../errors.js';
import { MAX_BODY_BYTES } from '../gateway/limits.js';
import type { Sent } from './client.js';

const contentTypes: Readonly<Record<string, string>> = {
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
  '.json': 'application/json',
  '.toml': 'application/toml',
};

/** @throws ConfigError when the file cannot be read, is too large, or has another ending than is known */
export function readDocument(file: string): Sent {
  const contentType = contentTypes[extname(file).toLowerCase()];
  if (contentType === undefined) {
    throw documentError(file, `the file's ending says what it is; allowed are ${Object.keys(contentTypes).join(' ')}`);
  }
  try {
    const { size } = statSync(file);
    if (size > MAX_BODY_BYTES) throw documentError(file, `has ${size} bytes; at most ${MAX_BODY_BYTES} are read`);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
    return { contentType, text };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw documentError(file, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Names the file in what the daemon found wrong with the text that it was sent. */
export async function namingFile<T>(file: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.issues.map((issue) => ({ ...issue, file })));
  }
}

const documentError = (file: string, message: string): ConfigError =>
  new ConfigError([{ file, line: 0, column: 0, path: '', message }]);
