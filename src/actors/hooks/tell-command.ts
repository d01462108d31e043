import { msFromNs } from '../../model/units.js';
import { runCommand } from '../../os/process/run-command.js';
import type { Message, Outcome } from './message.js';

/** For the log: the first words of what it wrote. */
const MAX_OUTPUT_BYTES = 4096;
const MAX_SHOWN = 500;

/** A command: the event as a document on stdin, or as keepalived's arguments. */
export async function tellCommand(
  { hook, document, words, facts, signal }: Message,
  command: readonly string[],
): Promise<Outcome> {
  const isJson = hook.format === 'json';
  const result = await runCommand({
    command: isJson ? command : [...command, ...words],
    user: hook.user,
    environment: facts,
    input: isJson ? document : null,
    timeoutMs: msFromNs(hook.timeoutNs),
    maxOutputBytes: MAX_OUTPUT_BYTES,
    signal,
    // A notify script may start a service.
    keepBackground: true,
  });
  const said = result.output.trim().slice(0, MAX_SHOWN);
  const failed = (why: string): Outcome => ({ result: 'failed', why: said === '' ? why : `${why}: ${said}` });
  switch (result.kind) {
    case 'exited':
      return result.code === 0 ? { result: 'ok' } : failed(`it ended with exit code ${result.code}`);
    case 'signalled':
      return failed(`it was ended by ${result.signal}`);
    case 'timed-out':
      return { result: 'timeout', why: 'it did not end in time and was killed' };
    case 'not-started':
      return failed(result.message);
    case 'aborted':
      return { result: 'aborted' };
    default:
      return result satisfies never;
  }
}
