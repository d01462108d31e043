import { closeSync, openSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type BenchName, catalogue, runAllBenches } from '../../../../bench/catalogue.js';
import type { BenchOptions } from '../../../../bench/support/bench.js';
import type { Report } from '../../../../bench/support/report.js';
import { messageOf } from '../../../model/errors.js';
import { exitCode } from '../../exit-code.js';
import type { Register } from '../../program.js';
import { benches } from './benches.js';

type Options = { readonly json?: string; readonly html?: string; readonly quick?: boolean };

/** Said before a measurement of minutes, not after it. */
const writable = (path: string): string => {
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new InvalidArgumentError(`it cannot be written: ${messageOf(error)}`);
  }
  return path;
};

export const register: Register = (program) => {
  const parent = program
    .command('bench')
    .description('measure this machine: what Fulcrum does on it, beside its peers in the same run');
  const add = (command: Command, run: (options: BenchOptions) => Promise<Report>): void => {
    command
      .addOption(new Option('--json <file>', 'write the results as JSON').argParser(writable))
      .addOption(new Option('--html <file>', 'write the results as a page with plots').argParser(writable))
      .option('--quick', 'one short round of each measurement, to see that it works')
      .action(async ({ json, html, quick = false, ...options }: Options) => {
        const { writeReport } = await import('../../../../bench/support/report.js');
        const { formatReport } = await import('../../../../bench/support/text.js');
        const report = writeReport(await run({ quick, ...options }), { json, html });
        process.stdout.write(formatReport(report));
        if (report.failed === true) process.exitCode = exitCode.negative;
      });
  };
  for (const [name, { description, extend = (command: Command) => command }] of Object.entries(benches)) {
    const load = catalogue[name as BenchName];
    add(extend(parent.command(name).description(description)), async (options) => (await load())(options));
  }
  add(
    parent.command('all').description('every bench but the soak, one after the other: all figures on one page (root)'),
    runAllBenches,
  );
};
