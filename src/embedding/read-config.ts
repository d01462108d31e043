import type { Loaded } from '../config/load.js';
import { readConfig } from '../config/reading/config-reader.js';
import type { Config } from '../model/config.js';
import { type ConfigIssue, formatIssue } from '../model/errors.js';
import { findThreads } from '../workers/supervision/find-threads.js';
import type { ConfigInput, RuntimeOptions } from './runtime.js';

export async function resolveConfig(input: ConfigInput, options: RuntimeOptions): Promise<Config> {
  const { config, warnings } = await loadInput(input, options);
  tellWarnings(warnings, options.logger);
  return config;
}

/** What a configuration says to no effect. */
export function tellWarnings(warnings: readonly ConfigIssue[], logger: RuntimeOptions['logger']): void {
  for (const warning of warnings) {
    if (logger === 'stderr') process.stderr.write(`warning: ${formatIssue(warning)}\n`);
    else logger?.warn({ actor: 'main' }, formatIssue(warning));
  }
}

async function loadInput(input: ConfigInput, options: RuntimeOptions): Promise<Loaded> {
  const load = options.load ?? {};
  if (typeof input === 'string') {
    return readConfig({ document: { kind: 'file', path: input }, options: load }, findThreads(options.threads ?? null));
  }
  // A value may hold what no other thread can be sent, which must be told by its path. The parser is loaded for it alone.
  const { configFromValue } = await import('../config/load.js');
  return configFromValue(input, load);
}
