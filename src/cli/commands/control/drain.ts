import { RefusedError } from '../../../model/errors.js';
import { connect } from '../../connection.js';
import { exitCode } from '../../exit-code.js';
import type { Register } from '../../program.js';
import { type OverrideOptions, overriddenLines, override, overrideBase } from './override.js';

type Options = OverrideOptions & { readonly wait?: boolean; readonly timeout?: Timeout };
type Timeout = { readonly text: string; readonly ms: number };

export const register: Register = (program) => {
  overrideBase(program, 'drain', 'let a backend finish its connections, and take it out')
    .option('--wait', 'until it is drained; exit code 1 where connections were cut, or --timeout came first')
    .option('--timeout <duration>', 'with --wait: no longer than this, such as 5m; the drain itself goes on')
    .action(async (backend: string, { timeout, ...options }: Omit<Options, 'timeout'> & { timeout?: string }) => {
      if (timeout !== undefined && options.wait !== true) throw new RefusedError('--timeout is for --wait: add it');
      const limit = timeout === undefined ? null : await timeoutOf(timeout);
      const { printJson, printLines } = await import('../../output.js');
      const client = await connect(options);
      const changed = await override(client, backend, options.service, 'drain');
      if (options.wait !== true) {
        if (options.json === true) printJson({ changed });
        else printLines(overriddenLines(changed, backend, 'drain'));
        return;
      }
      const { waitForDrain } = await import('../../drain/wait.js');
      const { isGood, resultJson, resultLine } = await import('../../drain/result.js');
      const results = await waitForDrain(client, {
        backend,
        service: options.service,
        changed,
        limitMs: limit?.ms ?? null,
      });
      const late = results.some(({ result }) => result === 'draining');
      if (late) process.stderr.write(`fulcrum: not drained within ${limit?.text}; the drain goes on\n`);
      if (options.json === true) printJson({ changed, backends: results.map(resultJson) });
      else printLines(results.map(resultLine));
      if (!results.every(isGood)) process.exitCode = exitCode.negative;
    });
};

async function timeoutOf(text: string): Promise<Timeout> {
  const { parseHumantime } = await import('../../../wire/text/humantime.js');
  const parsed = parseHumantime(text);
  if (!parsed.ok) throw new RefusedError(`--timeout: ${parsed.message}`);
  return { text, ms: parsed.ns / 1e6 };
}
