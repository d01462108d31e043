/** The grpc check against a grpc-js server, with TLS and without. */
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import test from 'ava';
import { SWEEP_MS } from '../../../src/checks/connecting/idle-pool.js';
import { createGrpcChecker } from '../../../src/checks/grpc/checker.js';
import type { GrpcCheck } from '../../../src/checks/grpc/index.js';
import { nsFromMs } from '../../../src/model/units.js';
import { grpcCheck, probeOnce, series, summary } from '../../support/fixtures/checks.js';
import { needs } from '../../support/needs.js';
import { makeCertificate } from '../../support/peers/certificates.js';
import { startGrpcHealthServer } from '../../support/peers/grpc-health-server.js';
import { liveShard } from '../../support/rigs/live-shard.js';
import { until } from '../../support/until.js';

needs('openssl')('grpc-js: services, authority, slow, and gone', async (t) => {
  for (const certificate of [null, makeCertificate(t, 'DNS:api.example', 'IP:127.0.0.1')]) {
    const server = await startGrpcHealthServer(t, { certificate });
    const { port } = server;
    const tls = certificate === null ? {} : { tls: true, caFile: certificate.certFile };
    const probe = async (check: Partial<GrpcCheck> = {}): Promise<string> =>
      summary(await probeOnce(createGrpcChecker, { port }, { ...grpcCheck, ...tls, ...check })).replaceAll(
        `127.0.0.1:${port}`,
        'T',
      );
    const suffix = certificate === null ? '$' : ', TLSv1\\.3, WARNING: certificate expires in 1 day';
    t.regex(await probe(), new RegExp(`^healthy: SERVING${suffix}`));
    server.services.set('shop.Cart', 'NOT_SERVING');
    t.is(await probe({ service: 'shop.Cart' }), 'status: T: NOT_SERVING (service "shop.Cart")');
    server.services.set('shop.Cart', 'SERVING');
    t.regex(
      await probe({ service: 'shop.Cart', authority: 'api.example' }),
      /^healthy: SERVING \(service "shop\.Cart"\)/,
    );
    t.is(server.calls.at(-1)?.authority, 'api.example');
    t.is(
      await probe({ service: 'none' }),
      'status: T: the server knows no service "none" (NOT_FOUND: unknown service)',
    );
    t.regex(await probe({ watch: true }), /^healthy: SERVING/);
    t.is(await probe({ watch: true, service: 'none' }), 'status: T: SERVICE_UNKNOWN (service "none")');
    server.delayMs = 'held';
    // The server keeps the same deadline, and on a busy machine it may be the first to say so.
    t.regex(
      await probe({ timeoutNs: nsFromMs(1500) }),
      /^timeout: timed out after 1s 500ms in receive$|DEADLINE_EXCEEDED/,
    );
    server.release();
    server.delayMs = 0;
    if (certificate !== null) {
      t.regex(await probe({ tls: false }), /^(?:closed|protocol|reset): T: /);
      t.is(await probe({ caFile: null }), 'tls: T: TLS handshake failed: the certificate is self-signed');
      t.regex(await probe({ authority: 'other.example' }), /^tls: T: .*Host: other\.example\. is not in the cert/);
    } else {
      t.regex(await probe({ tls: true }), /^tls: T: /);
    }
    const kept = series(t, createGrpcChecker, { port }, { ...grpcCheck, ...tls });
    for (let round = 0; round < 3; round += 1) t.regex(await kept(), /^healthy: /);
    server.stop();
    t.is((await kept()).replaceAll(`127.0.0.1:${port}`, 'T'), 'refused: T: connection refused');
  }
});

test('grpc-js Watch: what the server tells is there without waiting for the interval', async (t) => {
  const server = await startGrpcHealthServer(t);
  const shard = liveShard(t);
  shard.assign(server.port, { ...grpcCheck, intervalNs: nsFromMs(3_600_000), watch: true, service: 'shop.Cart' });
  const becomes = async (state: string, message: RegExp): Promise<void> => {
    const status = await shard.transition(state);
    t.regex(status.message, message);
  };
  await becomes('unhealthy', /SERVICE_UNKNOWN \(service "shop\.Cart"\)$/);
  server.tell('shop.Cart', 'SERVING');
  await becomes('healthy', /SERVING/);
  server.tell('shop.Cart', 'NOT_SERVING');
  await becomes('unhealthy', /NOT_SERVING/);
  server.tell('shop.Cart', 'SERVING');
  await becomes('healthy', /SERVING/);
  t.is(server.watchers, 1);

  // A stream that the server ends is opened again at once, and says the same: nothing happened to the target.
  const probes = shard.probes();
  server.endWatches(status.UNAVAILABLE);
  await until(() => shard.probes() !== probes && server.watchers > 0);
  server.tell('shop.Cart', 'NOT_SERVING');
  await becomes('unhealthy', /NOT_SERVING/);
  server.tell('shop.Cart', 'SERVING');
  await becomes('healthy', /SERVING/);

  server.stop();
  await becomes('unhealthy', /127\.0\.0\.1/);
});

test('grpc-js Watch: the stream outlives a back-off, and tells the end of what caused it', async (t) => {
  const server = await startGrpcHealthServer(t);
  server.services.set('', 'NOT_SERVING');
  const shard = liveShard(t);
  const hour = nsFromMs(3_600_000);
  const times = { intervalNs: nsFromMs(100), timeoutNs: nsFromMs(500), backoff: { factor: 1e6, maxNs: hour } };
  shard.assign(server.port, { ...grpcCheck, ...times, watch: true });
  await shard.transition('unhealthy');
  // The second probe, at the latest, is the last for an hour. Then those that nobody came back for are swept out.
  await until(() => shard.probes() >= 2);
  // Longer than the sweep takes to come: that it spares this stream is what is tested.
  await sleep(SWEEP_MS + 1500);
  t.is(server.watchers, 1);
  server.tell('', 'SERVING');
  await shard.transition('healthy');
});

test('grpc-js Watch: a server that restarts is healthy again at the next probe, and is watched again', async (t) => {
  const server = await startGrpcHealthServer(t);
  const shard = liveShard(t);
  shard.assign(server.port, { ...grpcCheck, intervalNs: nsFromMs(300), watch: true });
  await shard.transition('healthy');
  server.stop();
  await shard.transition('unhealthy');
  const next = await startGrpcHealthServer(t, { port: server.port });
  await shard.transition('healthy');
  t.is(next.watchers, 1);
  next.tell('', 'NOT_SERVING');
  await shard.transition('unhealthy');
});
