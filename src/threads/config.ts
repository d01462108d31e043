/** Does one job with configurations and ends: see `config-reader.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { diffConfig } from '../config/diff.js';
import { type Loaded, loadConfig, parseConfig } from '../config/load.js';
import { decodeText } from '../config/read-file.js';
import type { Comparison, ConfigJob, ConfigSource, PackedConfig } from '../config/reading/config-reader.js';
import { refuseUnknownChecks } from '../config/sections/checks/custom-checks.js';
import { packConfig, unpackConfig } from '../wire/config-bytes.js';
import { type Reading, readingOf } from '../workers/reading.js';

const job = workerData as ConfigJob;
switch (job.job) {
  case 'read':
    tell(readingOf(() => read(job)));
    break;
  case 'pack': {
    const reading = readingOf(() => pack(read(job)));
    tell(reading, reading.kind === 'read' ? [reading.value.config.buffer] : []);
    break;
  }
  case 'compare':
    tell(readingOf(() => compare(job)));
    break;
  default:
    job satisfies never;
}

function tell<T>(reading: Reading<T>, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reading, transfer);
}

function pack({ config, warnings }: Loaded): PackedConfig {
  return { config: packConfig(config), warnings };
}

function compare({ before, after, hostChecks }: Comparison): readonly string[] {
  const next = unpackConfig(after);
  refuseUnknownChecks(next, hostChecks);
  return diffConfig(unpackConfig(before), next);
}

function read({ document, options }: ConfigSource): Loaded {
  if (document.kind === 'file') return loadConfig(document.path, options);
  const text = decodeText(document.bytes, document.name);
  // The thread's own data would keep them to its end.
  structuredClone(document.bytes.buffer, { transfer: [document.bytes.buffer] });
  return parseConfig(text, { ...options, file: document.name, format: document.format });
}
