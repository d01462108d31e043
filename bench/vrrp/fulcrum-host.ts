/**
 * A host application with Fulcrum inside: `fulcrum-host.js JSON`. Under the garbage load its main thread, which Fulcrum
 * must not depend on, is never idle, and neither is a worker beside it.
 */
import { Worker } from 'node:worker_threads';
import { createRuntime } from '../../src/index.js';
import { startStorm } from './storm.js';

const { document, storm } = JSON.parse(process.argv[2] ?? '{}') as { document: object; storm: boolean };
const runtime = await createRuntime(document);
process.on('SIGTERM', () => void runtime.stop().then(() => process.exit(0)));
process.stdout.write('ready\n');
if (storm) {
  new Worker(new URL('./storm-worker.js', import.meta.url));
  startStorm();
}
