/** Reads one configuration and ends: see `config-reader.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadConfig, parseConfig } from '../config/load.js';
import { ConfigError } from '../errors.js';
import type { ConfigReading, ConfigSource } from './config-reader.js';

const source = workerData as ConfigSource;
parentPort?.postMessage(read(source));

function read({ document, options }: ConfigSource): ConfigReading {
  try {
    const loaded =
      document.kind === 'file'
        ? loadConfig(document.path, options)
        : parseConfig(document.text, { ...options, file: document.name, format: document.format });
    return { kind: 'loaded', ...loaded };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'refused', issues: error.issues };
    throw error;
  }
}
