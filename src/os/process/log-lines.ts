/** How a record of the log looks on stderr: one dialect for the daemon, the health-check server and the standalone agent. */
import pino from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../../model/config.js';
import { stderrTakesColour } from './terminal.js';

const STDERR = 2;
/** Of lines that a full disk does not take. They wait for room; what comes beyond is dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** `flush` writes what still waits. */
export type LogLines = { readonly logger: pino.Logger; flush(): void };

/**
 * `{"level":"info","timestamp":"2026-11-21T03:50:51.814Z",...,"message":"..."}`.
 * `stamped`: the caller gives each record its own `timestamp`. `waits`: each line is written before the call returns, so that
 * none is lost at the end; otherwise lines are gathered and written without waiting.
 */
export function createLogLines({ level, format }: Config['log'], how: { stamped: boolean; waits: boolean }): LogLines {
  const options: pino.LoggerOptions = {
    level,
    messageKey: 'message',
    base: null,
    timestamp: how.stamped ? false : () => `,"timestamp":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  };
  const stderr = pino.destination({ dest: STDERR, sync: how.waits, maxLength: MAX_WAITING_BYTES });
  // A full disk: nowhere to tell it, and no reason to end. The next record is another try.
  stderr.on('error', () => {});
  const flush = () => {
    if (!how.waits) stderr.flushSync();
  };
  if (format === 'json') return { logger: pino(options, stderr), flush };
  const stream = pretty({
    destination: stderr,
    colorize: stderrTakesColour(),
    messageKey: 'message',
    timestampKey: 'timestamp',
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
  });
  return { logger: pino(options, stream), flush };
}
