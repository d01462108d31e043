/**
 * What one would write first: `setInterval` and a datagram on libuv, in a worker of its own. `naive-host.js JSON`. It has
 * no raw socket (none can be had without a native addon), so its adverts are the payload of UDP to the same group.
 */
import { createSocket } from 'node:dgram';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { NAIVE_PORT } from './hosts.js';
import { type NaiveInit, naiveAdvert, startNaiveStorm } from './naive-advert.js';

if (isMainThread) {
  const init = JSON.parse(process.argv[2] ?? '{}') as NaiveInit;
  new Worker(new URL(import.meta.url), { workerData: init });
  process.stdout.write('ready\n');
  if (init.storm) startNaiveStorm();
} else {
  speak(workerData as NaiveInit);
}

function speak(init: NaiveInit): void {
  const advert = naiveAdvert(init);
  const socket = createSocket('udp4');
  socket.bind(0, init.address, () => {
    socket.setMulticastInterface(init.address);
    setInterval(() => socket.send(advert, NAIVE_PORT, '224.0.0.18'), init.intervalMs);
  });
}
