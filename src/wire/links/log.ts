/** Any actor to the log thread (or, embedded, to the host's logger): one record. */
import { drop, type LinkKind, nothing, STREAM } from './link-kind.js';
import { protocol } from './protocol.js';

export type LogLevelName = 'trace' | 'debug' | 'info' | 'warn' | 'error';
export type LogRecord = {
  readonly kind: 'log';
  readonly level: LogLevelName;
  readonly atMs: number;
  readonly actor: string;
  readonly fields: object;
  readonly message: string;
};
export const logRecord = protocol<LogRecord>('log', 1, {
  log: { level: 'string', atMs: 'number', actor: 'string', fields: 'object', message: 'string' },
});

/** From every actor to who writes its records. */
export const logLink: LinkKind<LogRecord, never> = {
  name: 'log',
  aToB: { protocol: logRecord, bound: STREAM, overflow: drop },
  bToA: nothing,
};
