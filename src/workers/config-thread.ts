/** Reads one configuration and ends: see `config-reader.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Loaded, loadConfig, parseConfig } from '../config/load.js';
import type { ConfigSource } from './config-reader.js';
import { readingOf } from './reading.js';

parentPort?.postMessage(readingOf(() => read(workerData as ConfigSource)));

function read({ document, options }: ConfigSource): Loaded {
  return document.kind === 'file'
    ? loadConfig(document.path, options)
    : parseConfig(document.text, { ...options, file: document.name, format: document.format });
}
