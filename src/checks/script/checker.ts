import type { Checker, CheckerContext } from '../../model/probe.js';
import { msFromNs } from '../../model/units.js';
import type { CommandResult } from '../../os/commands/command.js';
import { runCommand } from '../../os/process/run-command.js';
import { shorten } from '../../wire/text/shorten.js';
import { createChecker, resolveTarget } from '../probing/probe.js';
import { healthy, ourError, type ProbeResult, unhealthy } from '../probing/probe-result.js';
import type { ScriptCheck } from './index.js';

/** What is read of a script's words: more than a message shows. */
const MAX_OUTPUT_BYTES = 4096;
/** Longest part of its words in a message. */
const MAX_QUOTED = 200;

/** Runs a program that ends with 0 where the backend is good. One that takes too long is killed with all that it started. */
export function createScriptChecker(context: CheckerContext): Checker<ScriptCheck> {
  return createChecker(context, (probe, { host, port, check }) =>
    resolveTarget(probe, context, host, (address) => {
      const ending = new AbortController();
      probe.phase = 'query';
      probe.hold(() => ending.abort());
      runCommand({
        command: check.command,
        user: check.user,
        environment: { FULCRUM_ADDRESS: address, FULCRUM_PORT: String(port) },
        input: null,
        // Who probes keeps the time limit, and aborts.
        timeoutMs: 2 * msFromNs(check.timeoutNs),
        maxOutputBytes: MAX_OUTPUT_BYTES,
        signal: ending.signal,
      }).then(
        (result) => probe.end(judge(result, check)),
        (error: unknown) => probe.fail(error),
      );
    }),
  );
}

/** From this exit code on, less this, keepalived's `misc_dynamic` takes it as a weight. */
const FIRST_WEIGHT = 2;

function judge(result: CommandResult, { weightFrom }: Pick<ScriptCheck, 'weightFrom'>): ProbeResult {
  const said = shorten(result.output.replace(/[\p{Cc}]+/gu, ' ').trim(), MAX_QUOTED);
  const words = said === '' ? '' : `: ${said}`;
  switch (result.kind) {
    case 'exited':
      if (weightFrom !== null && result.code >= FIRST_WEIGHT) {
        return healthy(`exit code ${result.code}${words}`, { kind: 'set', weight: result.code - FIRST_WEIGHT });
      }
      return result.code === 0
        ? healthy(`exit code 0${words}`)
        : unhealthy('status', `exit code ${result.code}${words}`);
    case 'signalled':
      return unhealthy('status', `the script was ended by ${result.signal}${words}`);
    case 'timed-out':
    case 'aborted':
      return unhealthy('timeout', 'the script took too long');
    case 'not-started':
      return ourError('other', result.message);
    default:
      return result satisfies never;
  }
}

export { createScriptChecker as create };
