/** Supervisor to the host of an actor, and back: the life of one thread. Ports travel beside the bytes. */
import type { Config } from '../config/model.js';
import { protocol } from './protocol.js';

export type ToHost =
  /** A new or replaced peer: the grant's plain part; its port and counters come beside the bytes. */
  | { readonly kind: 'link'; readonly grant: object }
  | { readonly kind: 'configure'; readonly id: number; readonly config: Config }
  | { readonly kind: 'stop' }
  /** A drill; only a runtime that was started with drills allowed sends it. */
  | { readonly kind: 'fault'; readonly fault: Fault };

export type Fault = 'crash' | 'freeze' | 'out-of-memory';

export const toHost = protocol<ToHost>('to-host', 1, {
  link: { grant: 'object' },
  configure: { id: 'number', config: 'object' },
  stop: {},
  fault: { fault: 'string' },
});

/** An error as it crosses the boundary of a thread. */
export type WireError = {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly code: string | null;
  /** The capability or module of a MissingPrivilegeError. */
  readonly missing: string | null;
};

export type FromHost =
  | { readonly kind: 'ready'; readonly threadId: number }
  | { readonly kind: 'configured'; readonly id: number; readonly error: WireError | null }
  | { readonly kind: 'failed'; readonly error: WireError }
  | { readonly kind: 'stopped' };

export const fromHost = protocol<FromHost>('from-host', 1, {
  ready: { threadId: 'number' },
  configured: { id: 'number', error: 'nullable' },
  failed: { error: 'object' },
  stopped: {},
});

/** Supervisor to main thread: the main thread's ends of links. The rest of the supervisor's life is told as any host's. */
export type ToMain = { readonly kind: 'link'; readonly grant: object };
export const toMain = protocol<ToMain>('to-main', 1, { link: { grant: 'object' } });

export function wireError(error: unknown): WireError {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), stack: '', code: null, missing: null };
  }
  const { code, missing } = error as { code?: unknown; missing?: unknown };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack ?? '',
    code: typeof code === 'string' ? code : null,
    missing: typeof missing === 'string' ? missing : null,
  };
}
