import { createClient } from 'redis';
import { HealthChecker } from '../../../src/health/index.js';
import { needs } from '../../support/needs.js';
import { redisPassword, startRedis } from '../../support/peers/redis-server.js';

const test = needs('redis-server');
const timedOut = 'unhealthy: Health check timed out after 500ms';

async function look(checker: HealthChecker): Promise<string> {
  const component = (await checker.checkAll()).components[0];
  return component?.message === undefined ? String(component?.status) : `${component.status}: ${component.message}`;
}

/** The first answer that is healthy, within some rounds: clients take a moment to connect again. */
async function recovered(checker: HealthChecker): Promise<boolean> {
  for (let round = 0; round < 50; round++) {
    if ((await look(checker)) === 'healthy') return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

test('a client that the host connected: healthy, frozen, thawed, stopped, started', async (t) => {
  const server = await startRedis(t);
  const client = createClient({ url: server.url, disableOfflineQueue: true });
  client.on('error', () => undefined);
  await client.connect();
  t.teardown(() => client.destroy());
  const checker = new HealthChecker({ timeoutMs: 500 }).withRedis(client);
  t.like(await checker.checkAll(), { status: 'healthy', components: [{ name: 'redis', critical: false }] });

  server.freeze();
  t.is(await look(checker), timedOut);
  t.is(await look(checker), timedOut);
  server.thaw();
  t.is(await look(checker), 'healthy');

  await server.stop();
  t.regex(await look(checker), /^unhealthy: /);
  t.is((await checker.checkAll()).status, 'degraded');
  await server.restart();
  t.true(await recovered(checker));
});

test('a URL: healthy, stopped, started, frozen, thawed', async (t) => {
  const server = await startRedis(t);
  await using checker = new HealthChecker({ timeoutMs: 500 }).withRedis(server.url, { critical: true });
  t.is(await look(checker), 'healthy');
  t.is(await look(checker), 'healthy');
  await server.stop();
  t.regex(await look(checker), /^unhealthy: /);
  t.regex(await look(checker), /ECONNREFUSED/);
  await server.restart();
  t.true(await recovered(checker));
  server.freeze();
  t.is(await look(checker), timedOut);
  server.thaw();
  t.true(await recovered(checker));
});

test('a wrong or missing password is told without the password', async (t) => {
  const server = await startRedis(t);
  await using wrong = new HealthChecker().withRedis(server.url.replace(redisPassword, 'wrong-Secret-84'));
  t.regex(await look(wrong), /^unhealthy: WRONGPASS/);
  t.notRegex(await look(wrong), /wrong-Secret/);
  await using missing = new HealthChecker().withRedis(`redis://127.0.0.1:${server.port}`);
  t.regex(await look(missing), /^unhealthy: NOAUTH/);
});
