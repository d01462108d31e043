/** The secret that allows changes over TCP. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ConfigError, unplacedIssue } from '../../../model/errors.js';
import { FileRefusal, type RegularFile, readRegularFile } from '../../../os/files/regular-file.js';
import { MAX_TOKEN_BYTES, MIN_TOKEN_LENGTH } from './listener-limits.js';

/** Keeps the token's digest only: equal lengths for a constant-time comparison, and nothing to leak. */
export class Token {
  readonly #digest: Buffer;

  constructor(text: string) {
    this.#digest = digestOf(text);
  }

  matches(candidate: string): boolean {
    return timingSafeEqual(this.#digest, digestOf(candidate));
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

export type ReadToken = {
  readonly token: Token;
  /** The file can be read by everyone on this machine. */
  readonly worldReadable: boolean;
};

/** @throws ConfigError when the file cannot be read or holds no usable token */
export function readToken(path: string): ReadToken {
  const refuse = (message: string): never => {
    throw new ConfigError([unplacedIssue({ file: path, path: 'control.token_file', message })]);
  };
  let file: RegularFile;
  try {
    file = readRegularFile(path, MAX_TOKEN_BYTES);
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    return refuse(`${error.message}; a file with a token comes from: openssl rand -hex 32 > ${path}`);
  }
  const text = file.bytes.toString('utf8').trim();
  // RFC 6750 section 2.1: what an Authorization header can carry.
  if (!/^[A-Za-z0-9\-._~+/]+=*$/.test(text)) {
    return refuse('must hold one line of letters, digits and -._~+/ (RFC 6750), such as from: openssl rand -hex 32');
  }
  if (text.length < MIN_TOKEN_LENGTH) {
    return refuse(`holds a token of ${text.length} characters; at least ${MIN_TOKEN_LENGTH} are needed`);
  }
  return { token: new Token(text), worldReadable: (file.mode & 0o004) !== 0 };
}
