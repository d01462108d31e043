import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import test from 'ava';
import { drainPort, fromPort } from '../../../src/workers/links/from-port.js';

const lastWords = `
  const { workerData } = require('node:worker_threads');
  workerData.postMessage('one');
  workerData.postMessage('two');
  workerData.close();
`;

test('a stream ends with its port, and gives each message once', async (t) => {
  const { port1, port2 } = new MessageChannel();
  const seen: unknown[] = [];
  const complete = new Promise<void>((resolve) => {
    fromPort(port1).subscribe({ next: (value) => seen.push(value), complete: resolve });
  });
  for (let i = 0; i < 3; i += 1) port2.postMessage(i);
  port2.close();
  await complete;
  t.deepEqual(seen, [0, 1, 2]);
});

test('the last words of a thread are there when its end is told, also where nobody has heard them yet', async (t) => {
  for (let i = 0; i < 10; i += 1) {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(lastWords, { eval: true, workerData: port2, transferList: [port2] });
    await once(worker, 'exit');
    const seen: unknown[] = [];
    drainPort(port1, (value) => seen.push(value));
    t.deepEqual(seen, ['one', 'two']);
    port1.close();
  }
});
