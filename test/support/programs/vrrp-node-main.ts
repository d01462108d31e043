/** A process with one VRRP thread: configuration as JSON in argv, commands as lines on stdin, events as lines on stdout. */
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';

const worker = new Worker(new URL('./vrrp-node-worker.js', import.meta.url), {
  workerData: JSON.parse(process.argv[2] ?? '{}') as unknown,
});
worker.on('message', (text: string) => process.stdout.write(`${text}\n`));
worker.on('error', (error) => process.stdout.write(`${JSON.stringify({ what: 'crashed', value: error.message })}\n`));
worker.on('exit', () => process.exit());
createInterface(process.stdin).on('line', (line) => {
  const { command } = JSON.parse(line) as { command: string };
  if (command === 'terminate') void worker.terminate();
  else worker.postMessage(line);
});
