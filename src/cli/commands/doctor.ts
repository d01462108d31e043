import type { Command } from 'commander';
import { RefusedError } from '../../model/errors.js';
import { exitCode } from '../exit-code.js';

type Options = { readonly config?: string; readonly json?: boolean; readonly listen?: string };

/** Three adverts at keepalived's usual interval of a second. */
const LISTEN_MS = 3500;
/** The longest interval between adverts, three times. */
const MAX_LISTEN_MS = 130_000;

export const register = (program: Command): void => {
  program
    .command('doctor')
    .description(
      'what would keep this host, or a configuration on it, from working, and what mends it; exit code 1 if anything',
    )
    .option('-c, --config <file>', 'only what this configuration needs')
    .option(
      '--listen <duration>',
      'listen on the network for so long, such as 10s; 0 for not at all (default: three adverts)',
    )
    .option('--json', 'one JSON document')
    .action(doctor);
};

async function doctor({ config: file, json, listen }: Options): Promise<void> {
  const { loadConfig } = await import('../../config/load.js');
  const config = file === undefined ? null : loadConfig(file, { env: process.env }).config;
  const longest = Math.max(0, ...(config?.vrrp.instances ?? []).map(({ advertIntervalNs }) => advertIntervalNs / 1e6));
  const listenMs = listen === undefined ? Math.max(LISTEN_MS, 3.5 * longest) : await listenMsOf(listen);
  const { readFacts } = await import('../../doctor/reading/index.js');
  const { diagnose } = await import('../../doctor/index.js');
  const findings = diagnose(
    await readFacts({ file: file ?? null, config, listenMs: Math.min(listenMs, MAX_LISTEN_MS) }),
    config,
  );
  if (findings.some(({ severity }) => severity === 'error')) process.exitCode = exitCode.negative;
  const { lookAtStdout, printJson, printLines } = await import('../output.js');
  if (json === true) return printJson({ findings });
  const { findingLines } = await import('../views/findings.js');
  printLines(findingLines(findings, lookAtStdout()));
}

async function listenMsOf(text: string): Promise<number> {
  const { parseHumantime } = await import('../../wire/text/humantime.js');
  const parsed = parseHumantime(text);
  if (!parsed.ok) throw new RefusedError(`--listen: ${parsed.message}`);
  return parsed.ns / 1e6;
}
