import { createLogLines, type LogLines } from '../../os/process/log-lines.js';
import { type LogRecord, logLink } from '../../wire/links/log.js';
import type { ActorFactory } from '../../workers/actor.js';

/** Writes everybody's records to stderr. A thread of its own, so that a slow terminal or disk stalls nobody. */
export const createLog: ActorFactory = (context) => {
  // Each line is written before the next record is read: nothing is lost at the end, and only this thread waits.
  const linesOf = (config: typeof context.config): LogLines =>
    createLogLines(config.log, { stamped: true, waits: true });
  let lines = linesOf(context.config);
  const write = ({ level, atMs, actor, fields, message }: LogRecord) =>
    lines.logger[level]({ timestamp: new Date(atMs).toISOString(), component: actor, ...fields }, message);
  context.links(logLink, 'b').subscribe((link) => link.in$.subscribe(write));
  return {
    configure(config) {
      lines = linesOf(config);
    },
    // What was sent before the stop is still in the ports: one more turn takes it.
    stop: () => new Promise((resolve) => setTimeout(resolve, 20)),
  };
};
