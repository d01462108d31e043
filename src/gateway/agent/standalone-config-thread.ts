/** Reads the standalone agent's configuration and ends: see `standalone-reader.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { readingOf } from '../../workers/reading.js';
import { type AgentInput, loadAgentConfig } from './standalone-config.js';

parentPort?.postMessage(readingOf(() => loadAgentConfig(workerData as AgentInput)));
