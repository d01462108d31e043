import type { Command } from 'commander';
import type { Config } from '../../model/config.js';
import { ConfigError, type ConfigIssue, formatIssue } from '../../model/errors.js';
import { addConfigOptions, type ConfigOptions, configFlags } from '../config-options.js';
import { exitCode } from '../exit-code.js';

export const register = (program: Command): void => {
  addConfigOptions(program.command('validate'))
    .description('say everything that is wrong with a configuration')
    .option('--json', 'print one JSON document')
    .action(validate);
};

type Options = ConfigOptions & { readonly json?: true };

const validate = async (options: Options): Promise<void> => {
  const { loadConfig } = await import('../../config/load.js');
  try {
    const { config, warnings } = loadConfig(options.config, { flags: configFlags(options), env: process.env });
    tell(warnings, 'warning: ');
    process.stdout.write(options.json ? report(true, [], warnings) : `${options.config}: valid: ${summary(config)}\n`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (options.json) process.stdout.write(report(false, error.issues, []));
    tell(error.issues, '');
    process.exitCode = exitCode.usage;
  }
};

const tell = (issues: readonly ConfigIssue[], kind: string): void => {
  for (const issue of issues) process.stderr.write(`${formatIssue({ ...issue, message: kind + issue.message })}\n`);
};

const report = (valid: boolean, errors: readonly ConfigIssue[], warnings: readonly ConfigIssue[]): string =>
  `${JSON.stringify({ valid, errors, warnings }, null, 2)}\n`;

const summary = ({ services, vrrp }: Config): string => {
  const backends = services.reduce((sum, service) => sum + service.backends.length, 0);
  const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;
  return [
    count(services.length, 'service'),
    count(backends, 'backend'),
    count(vrrp.instances.length, 'VRRP instance'),
  ].join(', ');
};
