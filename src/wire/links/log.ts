/** Any actor to the log thread (or, embedded, to the host's logger): one record. */
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
