/** The postgres and redis checks over TLS, against the real servers. */
import { createPostgresChecker } from '../../../src/checks/postgres/checker.js';
import { createRedisChecker } from '../../../src/checks/redis/checker.js';
import { nsFromMs } from '../../../src/model/units.js';
import { postgresCheck, probeOnce, redisCheck, series, summary } from '../../support/fixtures/checks.js';
import { needs } from '../../support/needs.js';
import { createAuthority } from '../../support/peers/authority.js';
import { startPostgres } from '../../support/peers/postgres-server.js';
import { startRedis } from '../../support/peers/redis-server.js';

const plainRule = 'host all all 127.0.0.1/32 scram-sha-256';

needs('initdb', 'openssl')(
  'postgres: sslmode require and verify-full, and certificates that are not good',
  async (t) => {
    const authority = createAuthority(t);
    const stranger = createAuthority(t);
    const { caFile } = authority;
    const server = await startPostgres(t, {
      certificate: authority.issue(['IP:127.0.0.1']),
      caFile,
      rules: [plainRule],
    });
    const probe = async (query: string, changed = {}): Promise<string> =>
      summary(
        await probeOnce(
          createPostgresChecker,
          { port: server.port },
          { ...postgresCheck, url: `${server.url}${query}`, ...changed },
        ),
      ).replaceAll(`127.0.0.1:${server.port}`, 'T');
    const good = 'healthy: SELECT 1 answered 1';
    // The server sends its authority along.
    const untrusted =
      'tls: T: TLS handshake failed: the certificate chain ends in an untrusted self-signed certificate';
    for (const query of ['', '?sslmode=disable', '?sslmode=require', `?sslmode=verify-full&sslrootcert=${caFile}`]) {
      t.is(await probe(query), good, query);
    }
    // Whoever signed it, `require` trusts.
    t.is(await probe(`?sslmode=require&sslrootcert=${stranger.caFile}`), good);
    t.is(await probe(`?sslmode=verify-full&sslrootcert=${stranger.caFile}`), untrusted);
    t.is(await probe('?sslmode=verify-full'), untrusted);
    t.regex(
      await probe('?sslmode=verify-full&sslrootcert=/nowhere.pem'),
      /^error: the CA file \S+: cannot be read: there is no such file/,
    );
    t.is(
      await probe('?sslmode=prefer'),
      'error: sslmode in the postgres url is one of disable, require and verify-full',
    );

    const kept = series(
      t,
      createPostgresChecker,
      { port: server.port },
      { ...postgresCheck, url: `${server.url}?sslmode=verify-full&sslrootcert=${caFile}`, keepAlive: true },
    );
    for (let round = 0; round < 3; round += 1) t.is(await kept(), good);
    await server.stop();
    t.is((await kept()).replaceAll(`127.0.0.1:${server.port}`, 'T'), 'refused: T: connection refused');
    await server.restart();
    t.is(await kept(), good);
  },
);

needs('initdb', 'openssl')(
  'postgres: a server for TLS alone, a client certificate, a certificate for another name',
  async (t) => {
    const authority = createAuthority(t);
    const { caFile } = authority;
    const server = await startPostgres(t, {
      certificate: authority.issue(['DNS:db.example']),
      caFile,
      rules: ['hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca'],
    });
    const probe = async (query: string): Promise<string> =>
      summary(
        await probeOnce(
          createPostgresChecker,
          { port: server.port },
          { ...postgresCheck, url: `${server.url}${query}` },
        ),
      );
    t.regex(await probe(''), /^auth: .*no encryption \(SQLSTATE 28000\); add \?sslmode=require to the url$/);
    const client = authority.issue(['DNS:probe.example']);
    const files = `&sslcert=${client.certFile}&sslkey=${client.keyFile}`;
    t.is(await probe(`?sslmode=require${files}`), 'healthy: SELECT 1 answered 1');
    t.regex(await probe('?sslmode=require'), /^auth: .*client certificate.* \(SQLSTATE 28000\)$/);
    const stranger = createAuthority(t).issue(['DNS:probe.example']);
    t.regex(
      await probe(`?sslmode=require&sslcert=${stranger.certFile}&sslkey=${stranger.keyFile}`),
      /^tls: .*unknown ca/i,
    );
    t.regex(
      await probe(`?sslmode=verify-full&sslrootcert=${caFile}${files}`),
      /^tls: .*127\.0\.0\.1 is not in the cert/,
    );
  },
);

needs('initdb')('postgres: a server that does not speak TLS is told as such', async (t) => {
  const server = await startPostgres(t);
  for (const mode of ['require', 'verify-full']) {
    const url = `${server.url}?sslmode=${mode}`;
    t.is(
      summary(await probeOnce(createPostgresChecker, { port: 1 }, { ...postgresCheck, url })),
      `tls: 127.0.0.1:${server.port}: the server does not speak TLS: leave sslmode out, or switch ssl on there`,
    );
  }
});

needs('redis-server', 'openssl')('redis: rediss:// verifies, and says what is wrong', async (t) => {
  const authority = createAuthority(t);
  const stranger = createAuthority(t);
  const server = await startRedis(t, authority.issue(['IP:127.0.0.1']));
  const probe = async (url: string, changed = {}): Promise<string> =>
    summary(await probeOnce(createRedisChecker, { port: 1 }, { ...redisCheck, url, ...changed })).replaceAll(
      `127.0.0.1:${server.port}`,
      'T',
    );
  const good = `${server.url}?ca_file=${authority.caFile}`;
  t.is(await probe(good), 'healthy: PONG');
  t.is(await probe(`${server.url}/3?ca_file=${authority.caFile}`), 'healthy: PONG');
  t.is(await probe(`${server.url}?tls_verify=false`), 'healthy: PONG');
  const unknown = 'tls: T: TLS handshake failed: the certificate is of an unknown authority';
  t.is(await probe(server.url), unknown);
  t.is(await probe(`${server.url}?ca_file=${stranger.caFile}`), unknown);
  t.regex(await probe(good.replace('redis-Secret-82', 'wrong')), /^auth: T: AUTH answered with WRONGPASS/);
  // The server answers plain text with a TLS alert or an end.
  t.regex(await probe(server.url.replace('rediss:', 'redis:')), /^(?:closed|protocol|reset): T: /);

  const plain = await startRedis(t);
  // Redis takes the beginning of the handshake for a command that is not whole yet.
  t.is(
    await probe(plain.url.replace('redis:', 'rediss:'), { timeoutNs: nsFromMs(1500) }),
    'timeout: timed out after 1s 500ms in tls',
  );

  const elsewhere = await startRedis(t, authority.issue(['DNS:cache.example']));
  t.regex(await probe(`${elsewhere.url}?ca_file=${authority.caFile}`), /^tls: .*127\.0\.0\.1 is not in the cert/);

  const kept = series(t, createRedisChecker, { port: 1 }, { ...redisCheck, url: good, keepAlive: true });
  for (let round = 0; round < 3; round += 1) t.is(await kept(), 'healthy: PONG');
  await server.stop();
  t.is((await kept()).replaceAll(`127.0.0.1:${server.port}`, 'T'), 'refused: T: connection refused');
  await server.restart();
  t.is(await kept(), 'healthy: PONG');
});
