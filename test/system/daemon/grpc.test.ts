import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type ConfigDocument, createRuntime, type Runtime } from '../../../src/index.js';
import { grpcClients, messagesOf, type Plain, TOKEN } from '../../support/rigs/grpc-rig.js';

const IPVS = 'seesaw.ipvs.IPVSManager';
const CHECKS = 'seesaw.healthcheck.HealthCheckService';

const document = (directory: string): ConfigDocument => {
  const tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
  return {
    node: { state_dir: directory },
    control: { socket: null, http: null, grpc: '127.0.0.1:0', token_file: tokenFile },
    dataplane: { driver: 'dry-run' },
    runtime: { monitor_shards: 1 },
    services: [{ name: 'web', address: '127.0.0.1', port: 9, backends: [] }],
  };
};

const grpcAddress = (runtime: Runtime): string =>
  runtime.status().listeners.find(({ name }) => name === 'control.grpc')?.address ?? '';

test('a daemon serves gRPC: health, table, checks, and services that outlive a restart', async (t) => {
  t.timeout(60_000);
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-grpc-'));
  let runtime = await createRuntime(document(directory));
  t.teardown(() => runtime.stop());
  let clients = grpcClients(grpcAddress(runtime));
  t.teardown(() => clients.close());
  t.deepEqual(await clients.call('grpc.health.v1.Health', 'Check', {}), { status: 'SERVING' });

  const mark = { fwmark: 300, scheduler: 'rr' };
  t.like(await clients.call(IPVS, 'AddService', mark), { success: true });
  const destination = { address: '10.0.0.11', port: 80, weight: 4 };
  t.like(await clients.call(IPVS, 'AddDestination', { service: mark, destination }), { success: true });
  await t.throwsAsync(clients.call(IPVS, 'AddService', mark), {
    message: /ALREADY_EXISTS.*fwmark ipv4 300 is there already/,
  });
  const configured = { address: '127.0.0.1', port: 9 };
  await t.throwsAsync(clients.call(IPVS, 'DeleteService', configured), {
    message: /FAILED_PRECONDITION.*service web .* is in the configuration: change it there/,
  });

  const target = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  t.teardown(() => target.close());
  const port = (target.address() as { port: number }).port;
  const stream = clients.stream(CHECKS, 'StreamChecks', null);
  const results = messagesOf(stream);
  stream.write({ id: 7, interval: '100ms', tcp: { ip: '127.0.0.1', port } });
  const seen = async (state: string) => {
    for (;;) {
      const result = await results.next();
      t.is(result['id'], '7');
      if (result['state'] === state) return;
    }
  };
  await seen('HEALTHY');
  target.close();
  await seen('UNHEALTHY');
  stream.on('error', () => undefined);
  stream.cancel();

  clients.close();
  await runtime.stop();
  runtime = await createRuntime(document(directory));
  clients = grpcClients(grpcAddress(runtime));
  const again = (await clients.call(IPVS, 'GetServices', { service: { fwmark: 300 } })) as { services: Plain[] };
  t.like(again.services[0], { fwmark: 300, scheduler: 'rr', name: 'runtime:fwmark ipv4 300' });
  const [kept] = (again.services[0]?.['destinations'] ?? []) as Plain[];
  t.like(kept, { address: '10.0.0.11', weight: 4 });
  t.like(await clients.call(IPVS, 'DeleteService', { fwmark: 300 }), { success: true });
  t.deepEqual(
    ((await clients.call(IPVS, 'GetServices', { service: { fwmark: 300 } })) as { services: Plain[] }).services,
    [],
  );
});
