/** The grpc check against a grpc-js server, with TLS and without. */
import { createGrpcChecker } from '../../src/checks/grpc.js';
import type { GrpcCheck } from '../../src/config/model.js';
import { nsFromMs } from '../../src/wire/units.js';
import { makeCertificate } from '../support/certificates.js';
import { grpcCheck, probeOnce, series, summary } from '../support/checks.js';
import { startGrpcHealthServer } from '../support/grpc-health-server.js';
import { needs } from '../support/needs.js';

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
    t.is(await probe({ watch: true }).then((text) => text.split(':')[0]), 'status');
    server.delayMs = 'held';
    t.is(await probe({ timeoutNs: nsFromMs(1500) }), 'timeout: timed out after 1s 500ms in receive');
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
