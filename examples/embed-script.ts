/**
 * Fulcrum inside a plain script: one service on the embedded proxy, a check of the script's own beside a built-in one.
 * Run it with `node dist/examples/embed-script.js BACKEND_PORT`, where an HTTP server listens; it ends by itself after the first answer.
 */
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { createRuntime } from 'fulcrum';

const backendPort = Number(process.argv[2]);
const vip = await freePort();

await using runtime = await createRuntime(
  {
    node: { state_dir: `${tmpdir()}/fulcrum-example-${process.pid}` },
    control: { socket: null },
    dataplane: { driver: 'proxy' },
    services: [
      {
        name: 'web',
        address: '127.0.0.1',
        port: vip,
        checks: [
          { type: 'http', path: '/', interval: '500ms' },
          { type: 'custom', name: 'licence', interval: '1s' },
        ],
        backends: [{ name: 'one', address: '127.0.0.1', port: backendPort }],
      },
    ],
  },
  { checks: { licence: async ({ host }) => ({ healthy: true, message: `${host} has its licence` }) } },
);

const healthy = new Promise<void>((resolve) => {
  runtime.events$.subscribe((event) => {
    console.log(event.type, 'why' in event ? event.why : '');
    if (event.type === 'backend-state' && event.to === 'healthy') resolve();
  });
});
if (runtime.status().services[0]?.backends[0]?.state !== 'healthy') await healthy;
// The event says that the engine has decided; the proxy is told in the same moment.
await new Promise((resolve) => setTimeout(resolve, 100));
console.log(`through the virtual service: ${(await fetch(`http://127.0.0.1:${vip}/`)).status}`);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
