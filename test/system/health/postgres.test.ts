import pg from 'pg';
import { HealthChecker } from '../../../src/health/index.js';
import { needs } from '../../support/needs.js';
import { postgresPassword, startPostgres } from '../../support/peers/postgres-server.js';

const test = needs('initdb');
const timedOut = 'Health check timed out after 500ms';

/** `healthy`, or the state and the message of the one component. */
async function look(checker: HealthChecker): Promise<string> {
  const component = (await checker.checkAll()).components[0];
  return component?.message === undefined ? String(component?.status) : `${component.status}: ${component.message}`;
}

test('a pool: healthy, stopped, started, frozen, thawed', async (t) => {
  const server = await startPostgres(t);
  const pool = new pg.Pool({ connectionString: server.url, max: 2 });
  pool.on('error', () => undefined);
  const checker = new HealthChecker({ timeoutMs: 500 }).withPostgres(pool);
  t.is(await look(checker), 'healthy');

  await server.stop();
  t.regex(await look(checker), /^unhealthy: .*(ECONNREFUSED|terminat)/);
  await server.restart();
  t.is(await look(checker), 'healthy');

  server.freeze();
  t.is(await look(checker), `unhealthy: ${timedOut}`);
  t.is(await look(checker), `unhealthy: ${timedOut}`);
  server.thaw();
  // What hung in the frozen server ends now, one way or the other; then a new connection is made.
  let seen = '';
  for (let round = 0; round < 20 && seen !== 'healthy'; round++) seen = await look(checker);
  t.is(seen, 'healthy');
  await pool.end();
});

test('the limit is two seconds unless told otherwise, and the latency is the limit', async (t) => {
  const server = await startPostgres(t);
  const pool = new pg.Pool({ connectionString: server.url });
  pool.on('error', () => undefined);
  const checker = new HealthChecker().withPostgres(pool);
  server.freeze();
  const health = await checker.checkAll();
  t.is(health.status, 'unhealthy');
  t.deepEqual(health.components, [
    {
      name: 'postgres',
      status: 'unhealthy',
      latency_ms: 2000,
      critical: true,
      message: 'Health check timed out after 2s',
    },
  ]);
  t.true(health.total_latency_ms >= 2000);
  server.thaw();
  await pool.end();
});

test('an exhausted pool is unhealthy, gathers no waiters, and recovers when a client comes back', async (t) => {
  const server = await startPostgres(t);
  const pool = new pg.Pool({ connectionString: server.url, max: 1 });
  // pg's `end` does not wait for the connections: the server may say goodbye to them first, and the pool tells that.
  pool.on('error', () => undefined);
  const checker = new HealthChecker({ timeoutMs: 500 }).withPostgres(pool);
  const hoarded = await pool.connect();
  t.is(await look(checker), `unhealthy: ${timedOut}`);
  t.is(await look(checker), `unhealthy: ${timedOut}`);
  t.is(pool.waitingCount, 1);
  hoarded.release();
  t.is(await look(checker), 'healthy');
  t.is(pool.waitingCount, 0);
  t.is(pool.idleCount, 1);
  await pool.end();
});

test('a wrong password is told without the password', async (t) => {
  const server = await startPostgres(t);
  const wrong = server.url.replace(postgresPassword, 'wrong-Secret-83');
  const pool = new pg.Pool({ connectionString: wrong });
  pool.on('error', () => undefined);
  for (const target of [pool, wrong]) {
    await using checker = new HealthChecker().withPostgres(target);
    // Of a URL the user is known, and hidden too.
    const user = target === wrong ? '***' : 'fulcrum';
    t.is(await look(checker), `unhealthy: password authentication failed for user "${user}"`);
  }
  await pool.end();
});

test('a client that the host connected', async (t) => {
  const server = await startPostgres(t);
  const client = new pg.Client(server.url);
  client.on('error', () => undefined);
  await client.connect();
  const checker = new HealthChecker({ timeoutMs: 500 }).withPostgres(client);
  t.is(await look(checker), 'healthy');
  await server.stop();
  t.regex(await look(checker), /^unhealthy: /);
});

test('a URL: one connection that is kept, and made anew after every fault', async (t) => {
  const server = await startPostgres(t);
  await using checker = new HealthChecker({ timeoutMs: 500 }).withPostgres(server.url);
  t.is(await look(checker), 'healthy');
  t.is(await look(checker), 'healthy');
  const watcher = new pg.Client(server.url);
  watcher.on('error', () => undefined);
  await watcher.connect();
  const { rows } = await watcher.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'fulcrum-health'");
  t.is(rows.length, 1);
  await watcher.end();

  await server.stop();
  t.regex(await look(checker), /^unhealthy: /);
  t.regex(await look(checker), /ECONNREFUSED/);
  await server.restart();
  t.is(await look(checker), 'healthy');
  server.freeze();
  t.is(await look(checker), `unhealthy: ${timedOut}`);
  server.thaw();
  let seen = '';
  for (let round = 0; round < 20 && seen !== 'healthy'; round++) seen = await look(checker);
  t.is(seen, 'healthy');
});
