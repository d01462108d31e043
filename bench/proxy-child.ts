/** The embedded proxy alone in a process, so that its processor time can be read: `node proxy-child.js PORT BACKEND_PORT`. */

import { EmbeddedProxy } from '../src/actors/proxy/proxy.js';
import { destinationKey, serviceKey } from '../src/model/dataplane/table.js';
import { port } from '../src/model/units.js';
import { monotonicNow } from '../src/os/clock/clock.js';
import { KeptSockets } from '../src/os/sockets/kept-sockets.js';
import { createKeptFds } from '../src/workers/host/kept-fds.js';
import { ActorMeter } from '../src/workers/host/meter.js';

const [listenPort = 0, backendPort = 0] = process.argv.slice(2).map(Number);
const nothing = () => {};
const meter = new ActorMeter();
const proxy = new EmbeddedProxy({
  log: { trace: nothing, debug: nothing, info: nothing, warn: console.error, error: console.error },
  meter,
  now: monotonicNow,
  maxConnections: () => 10_000,
  sockets: new KeptSockets(createKeptFds()),
  isVirtual: () => false,
  lost: nothing,
});
const address = '127.0.0.1';
const match = { kind: 'address', address, port: port(listenPort), protocol: 'tcp' } as const;
const facts = { scheduler: 'rr', schedulerFlags: [], persistenceNs: null, onePacket: false };
const service = { key: serviceKey(match), name: 'bench', match, ...facts };
const key = destinationKey(address, backendPort);
const backend = { backend: 'a', address, port: backendPort, weight: 1, maxConnections: 0, tunnel: null };
const results = await proxy.apply([
  { kind: 'add-service', service },
  { kind: 'add-destination', service, destination: { key, forwarding: 'nat', ...backend } },
]);
for (const result of results) if (!result.ok) throw new Error(result.message);
// As its host does.
setInterval(() => {
  proxy.tick();
  meter.take();
}, 1000);
console.log('ready');
