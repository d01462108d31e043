/** A configuration file, read to be sent to the daemon. */
import { extname } from 'node:path';
import { readConfigFile } from '../config/read-file.js';
import { ConfigError, unplacedIssue } from '../model/errors.js';
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
  return { contentType, text: readConfigFile(file) };
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
  new ConfigError([unplacedIssue({ file, message })]);
