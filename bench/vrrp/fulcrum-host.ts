/**
 * A host application with Fulcrum inside: `fulcrum-host.js JSON`. Under the garbage load its main thread, which Fulcrum
 * must not depend on, is never idle, and neither is a worker beside it.
 */
import { Worker } from 'node:worker_threads';
import { createRuntime } from '../../src/index.js';
import { checkFlood } from './hosts.js';
import { startStorm } from './storm.js';

const init = JSON.parse(process.argv[2] ?? '{}') as { document: object; storm: boolean; flood: boolean };
const runtime = await createRuntime({ ...init.document, ...(init.flood ? checkFlood() : {}) });
process.on('SIGTERM', () => void runtime.stop().then(() => process.exit(0)));
process.stdout.write('ready\n');
if (init.storm) {
  new Worker(new URL('./storm-worker.js', import.meta.url));
  startStorm();
}
