import pino from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config/model.js';
import { stderrTakesColour } from '../net/terminal.js';
import type { LogRecord } from '../wire/log.js';
import type { Reply } from '../wire/requests.js';
import type { ActorFactory, Link } from '../workers/actor.js';

const STDERR = 2;
/** Of lines that a full disk does not take. They wait for room; what comes beyond is dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;

const createLogger = ({ log }: Config): pino.Logger => {
  // Each line is written before the next record is read: nothing is lost at the end, and only this thread waits.
  const stderr = pino.destination({ dest: STDERR, sync: true, maxLength: MAX_WAITING_BYTES });
  // Nowhere to tell it, and no reason to end: the next record is another try.
  stderr.on('error', () => {});
  const destination =
    log.format === 'pretty'
      ? pretty({ destination: stderr, colorize: stderrTakesColour(), ignore: 'pid,hostname' })
      : stderr;
  return pino({ level: log.level, timestamp: false, base: { pid: process.pid } }, destination);
};

/** Writes everybody's records to stderr. A thread of its own, so that a slow terminal or disk stalls nobody. */
export const createLog: ActorFactory = (context) => {
  let logger = createLogger(context.config);
  const write = ({ level, atMs, actor, fields, message }: LogRecord) =>
    logger[level]({ time: atMs, actor, ...fields }, message);
  context.links<LogRecord, Reply>('log').subscribe((link: Link<LogRecord, Reply>) => link.in$.subscribe(write));
  return {
    configure(config) {
      logger = createLogger(config);
    },
    // What was sent before the stop is still in the ports: one more turn takes it.
    stop: () => new Promise((resolve) => setTimeout(resolve, 20)),
  };
};
