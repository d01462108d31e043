/** The postgres and redis checks against the real servers. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createPostgresChecker } from '../../../src/checks/postgres/checker.js';
import { createRedisChecker } from '../../../src/checks/redis/checker.js';
import { nsFromMs } from '../../../src/model/units.js';
import { postgresCheck, probeOnce, redisCheck, series, summary } from '../../support/fixtures/checks.js';
import { needs } from '../../support/needs.js';
import { postgresPassword, startPostgres } from '../../support/peers/postgres-server.js';
import { redisPassword, startRedis } from '../../support/peers/redis-server.js';
import { toolPath } from '../../support/peers/tool-path.js';

const short = { timeoutNs: nsFromMs(1500) };

needs('initdb')(
  'postgres: login with SCRAM, wrong password, missing database, frozen, stopped, restarted',
  async (t) => {
    const server = await startPostgres(t);
    const { port } = server;
    const probe = async (url: string | null, changed = {}): Promise<string> =>
      summary(await probeOnce(createPostgresChecker, { port }, { ...postgresCheck, url, ...changed })).replaceAll(
        `127.0.0.1:${port}`,
        'T',
      );
    t.is(await probe(server.url), 'healthy: SELECT 1 answered 1');
    t.is(
      await probe(server.url.replace(postgresPassword, 'wrong-Word-99')),
      'auth: T: password authentication failed for user "***" (SQLSTATE 28P01)',
    );
    t.is(
      await probe(server.url.replace(/postgres$/, 'nowhere')),
      'status: T: database "***" does not exist (SQLSTATE 3D000)',
    );
    t.regex(await probe(null), /^auth: T: .*"postgres".* \(SQLSTATE 28P01\)$/);
    t.regex(await probe(`${server.url}?sslmode=require`), /^tls: T: the server does not speak TLS/);

    const kept = series(t, createPostgresChecker, { port }, { ...postgresCheck, url: server.url, keepAlive: true });
    t.is(await kept(), 'healthy: SELECT 1 answered 1');
    t.is(await kept(), 'healthy: SELECT 1 answered 1');
    server.freeze();
    t.is(await probe(server.url, short), 'timeout: timed out after 1s 500ms in query');
    server.thaw();
    t.is(await kept(), 'healthy: SELECT 1 answered 1');
    await server.stop();
    t.is((await kept()).replaceAll(`127.0.0.1:${port}`, 'T'), 'refused: T: connection refused');
    await server.restart();
    t.is(await kept(), 'healthy: SELECT 1 answered 1');
  },
);

needs('initdb')('postgres: every kind of password that the server can ask for', async (t) => {
  const server = await startPostgres(t);
  const admin = (sql: string): string =>
    execFileSync('psql', [server.url, '-Atc', sql], { env: { PATH: toolPath() }, encoding: 'utf8' });
  const methods = ['md5', 'password', 'trust', 'reject'];
  const rules = methods.map((method) => `host all ${method} 127.0.0.1/32 ${method}\n`);
  writeFileSync(admin('SHOW hba_file').trim(), rules.join(''));
  const roles = methods.map((method) => `CREATE ROLE "${method}" LOGIN PASSWORD 'pä s%';`);
  admin(`SET password_encryption = 'md5'; ${roles.join(' ')}`);
  await server.stop();
  await server.restart();
  const probe = async (user: string, password: string): Promise<string> => {
    const url = `postgres://${user}:${password}@127.0.0.1:${server.port}/postgres`;
    return summary(await probeOnce(createPostgresChecker, { port: 1 }, { ...postgresCheck, url }));
  };
  for (const method of ['md5', 'password', 'trust']) {
    t.is(await probe(method, 'p%C3%A4%20s%25'), 'healthy: SELECT 1 answered 1', method);
  }
  for (const method of ['md5', 'password']) t.regex(await probe(method, 'wrong'), /^auth: .*28P01/);
  t.regex(await probe('reject', 'x'), /^auth: .*pg_hba\.conf rejects connection/);
});

needs('redis-server')('redis: login, wrong password, none, database, frozen, stopped, restarted', async (t) => {
  const server = await startRedis(t);
  const { port } = server;
  const probe = async (url: string | null, changed = {}): Promise<string> =>
    summary(await probeOnce(createRedisChecker, { port }, { ...redisCheck, url, ...changed })).replaceAll(
      `127.0.0.1:${port}`,
      'T',
    );
  t.is(await probe(server.url), 'healthy: PONG');
  t.is(await probe(`${server.url}/3`), 'healthy: PONG');
  t.is(await probe(`${server.url}/99`), 'status: T: SELECT answered with ERR DB index is out of range');
  t.regex(await probe(server.url.replace(redisPassword, 'wrong-Word-99')), /^auth: T: AUTH answered with WRONGPASS/);
  t.is(await probe(null), 'auth: T: PING answered with NOAUTH Authentication required.');

  const kept = series(t, createRedisChecker, { port }, { ...redisCheck, url: server.url, keepAlive: true });
  t.is(await kept(), 'healthy: PONG');
  server.freeze();
  t.is(await probe(server.url, short), 'timeout: timed out after 1s 500ms in query');
  server.thaw();
  t.is(await kept(), 'healthy: PONG');
  await server.stop();
  t.is((await kept()).replaceAll(`127.0.0.1:${port}`, 'T'), 'refused: T: connection refused');
  await server.restart();
  t.is(await kept(), 'healthy: PONG');
});
