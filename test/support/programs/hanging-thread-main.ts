/** A process whose thread hangs in opening the pipe that it is given, and that ends with code 7. */
import { Worker } from 'node:worker_threads';
import { leaveThreadsAtExit } from '../../../src/os/process/leave-threads.js';

leaveThreadsAtExit();
const opens = `
  require('node:worker_threads').parentPort.postMessage('now');
  require('node:fs').openSync(${JSON.stringify(process.argv[2])});
`;
new Worker(opens, { eval: true }).once('message', () => process.exit(7));
