/** Supervisor to the host of an actor, and back: the life of one thread. Ports travel beside the bytes. */
import type { Side } from './link-kind.js';
import { protocol } from './protocol.js';

/** One end of a link for one life of both ends, without the port and the counters that come beside the bytes. */
export type PlainGrant = {
  /** A kind's name. */
  readonly kind: string;
  readonly side: Side;
  /** The actor at the other end. */
  readonly peer: string;
  /** Counts the connections that this link has had. */
  readonly incarnation: number;
};

export const faults = ['crash', 'freeze', 'out-of-memory'] as const;
export type Fault = (typeof faults)[number];

export type ToHost =
  /** An actor that is `prepared` may act on the world outside. */
  | { readonly kind: 'begin' }
  /** A new or replaced peer. */
  | { readonly kind: 'link'; readonly grant: PlainGrant }
  /** Packed (`config-bytes.ts`). */
  | { readonly kind: 'configure'; readonly id: number; readonly config: Uint8Array }
  | { readonly kind: 'stop' }
  /** A drill; only a runtime that was started with drills allowed sends it. */
  | { readonly kind: 'fault'; readonly fault: Fault };

export const toHost = protocol<ToHost>('to-host', 1, {
  begin: {},
  link: { grant: 'object' },
  configure: { id: 'number', config: 'bytes' },
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
  /** Its modules are there, and its actor starts. */
  | { readonly kind: 'loaded' }
  /** It has all that it needs, and waits for `begin`. */
  | { readonly kind: 'prepared' }
  | { readonly kind: 'ready'; readonly threadId: number }
  /** The configuration of this id was taken, or `failed` follows. */
  | { readonly kind: 'configured'; readonly id: number }
  /** It stopped as it was asked to; its thread ends next. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: WireError };

export const fromHost = protocol<FromHost>('from-host', 1, {
  loaded: {},
  prepared: {},
  ready: { threadId: 'number' },
  configured: { id: 'number' },
  stopped: {},
  failed: { error: 'object' },
});

/** Supervisor to main thread: the main thread's ends of links. The rest of the supervisor's life is told as any host's. */
export type ToMain = { readonly kind: 'link'; readonly grant: PlainGrant };
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
