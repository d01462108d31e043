/**
 * What one would write first: `setInterval` and a datagram on libuv, in a worker of its own. `naive-host.js JSON`. It has
 * no raw socket (none can be had without a native addon), so its adverts are the payload of UDP to the same group.
 */
import { createSocket } from 'node:dgram';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { nsFromMs } from '../../src/model/units.js';
import { encodeAdvert, multicastGroup } from '../../src/wire/vrrp/advert.js';
import { NAIVE_PORT } from './hosts.js';
import { startStorm } from './storm.js';

type Init = { readonly address: string; readonly intervalMs: number; readonly storm: boolean };

if (isMainThread) {
  const init = JSON.parse(process.argv[2] ?? '{}') as Init;
  new Worker(new URL(import.meta.url), { workerData: init });
  process.stdout.write('ready\n');
  if (init.storm) {
    new Worker(new URL('./storm-worker.js', import.meta.url));
    startStorm();
  }
} else {
  speak(workerData as Init);
}

function speak({ address, intervalMs }: Init): void {
  const source = Uint8Array.from(address.split('.'), Number);
  const virtual = Uint8Array.of(10, 78, 0, 100);
  const fields = {
    family: 'ipv4',
    vrid: 60,
    priority: 200,
    interval: nsFromMs(intervalMs),
    addresses: [virtual],
  } as const;
  const advert = encodeAdvert(fields, source, multicastGroup('ipv4'), 'pseudo-header');
  const socket = createSocket('udp4');
  socket.bind(0, address, () => {
    socket.setMulticastInterface(address);
    setInterval(() => socket.send(advert, NAIVE_PORT, '224.0.0.18'), intervalMs);
  });
}
