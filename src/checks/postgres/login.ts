import { createHash, randomBytes } from 'node:crypto';
import {
  type BackendMessage,
  encodePassword,
  encodeSaslInitial,
  encodeSaslResponse,
} from '../../wire/postgres/messages.js';
import {
  type SaltedPassword,
  SCRAM_MECHANISM,
  saltPassword,
  scramFinal,
  scramFirst,
  scramVerified,
} from '../../wire/postgres/scram.js';
import { shorten } from '../../wire/text/shorten.js';

/** A password needs one salt a server; more come only from one that changes it all the time. */
const MAX_SALTED = 1000;

/** Salted passwords that took time to make. */
export class SaltCache {
  readonly #salted = new Map<string, Promise<Buffer>>();

  readonly get: SaltedPassword = (password, salt, iterations) => {
    const key = createHash('sha256')
      .update(`${iterations} ${salt.toString('base64')} ${password}`)
      .digest('base64');
    const known = this.#salted.get(key);
    if (known !== undefined) return known;
    if (this.#salted.size >= MAX_SALTED) this.#salted.clear();
    const made = saltPassword(password, salt, iterations);
    this.#salted.set(key, made);
    return made;
  };
}

export type LoginStep =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  | { readonly kind: 'done' }
  /** It is no message of a login, or needs no answer. */
  | { readonly kind: 'pass' }
  | { readonly kind: 'failed'; readonly cause: 'auth' | 'protocol'; readonly reason: string };

const failed = (cause: 'auth' | 'protocol', reason: string): LoginStep => ({ kind: 'failed', cause, reason });

/** The client's side of a login: an answer to each message of the server. */
export class PostgresLogin {
  readonly #user: string;
  readonly #password: string;
  readonly #salts: SaltCache;
  readonly #nonce = randomBytes(18).toString('base64');
  /** What the server has to prove before its `auth-ok` counts; null when it has, or does not have to. */
  #verifier: string | null = null;

  constructor(user: string, password: string, salts: SaltCache) {
    this.#user = user;
    this.#password = password;
    this.#salts = salts;
  }

  async step(message: BackendMessage): Promise<LoginStep> {
    switch (message.kind) {
      case 'auth-ok':
        return this.#verifier === null
          ? { kind: 'done' }
          : failed('auth', 'the server has not proved that it knows the password');
      case 'auth-cleartext':
        return { kind: 'send', bytes: encodePassword(this.#password) };
      case 'auth-md5':
        return { kind: 'send', bytes: encodePassword(this.#md5(message.salt)) };
      case 'auth-sasl':
        if (!message.mechanisms.includes(SCRAM_MECHANISM)) {
          return failed(
            'auth',
            `the server wants ${shorten(message.mechanisms.join(' or '), 100)}, not ${SCRAM_MECHANISM}`,
          );
        }
        this.#verifier = '';
        return { kind: 'send', bytes: encodeSaslInitial(SCRAM_MECHANISM, scramFirst(this.#nonce)) };
      case 'auth-sasl-continue': {
        const final = await scramFinal(this.#nonce, this.#password, message.data, this.#salts.get);
        if (final.kind === 'malformed') return failed('protocol', final.reason);
        this.#verifier = final.verifier;
        return { kind: 'send', bytes: encodeSaslResponse(final.message) };
      }
      case 'auth-sasl-final':
        if (this.#verifier === null || !scramVerified(message.data, this.#verifier)) {
          return failed('auth', 'the server does not know the password');
        }
        this.#verifier = null;
        return { kind: 'pass' };
      case 'auth-unsupported':
        return failed('auth', `the server wants an authentication that is not supported (method ${message.method})`);
      case 'error':
      case 'row':
      case 'ready':
      case 'other':
        return { kind: 'pass' };
      default:
        return message satisfies never;
    }
  }

  #md5(salt: Uint8Array): string {
    const inner = createHash('md5').update(`${this.#password}${this.#user}`).digest('hex');
    return `md5${createHash('md5').update(inner).update(salt).digest('hex')}`;
  }
}
