/** Reads the standalone agent's configuration and ends: see `standalone-reader.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { type AgentInput, loadAgentConfig } from '../actors/agent/standalone/config.js';
import { readingOf } from '../workers/reading.js';

parentPort?.postMessage(readingOf(() => loadAgentConfig(workerData as AgentInput)));
