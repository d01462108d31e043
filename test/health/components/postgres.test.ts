import { EventEmitter } from 'node:events';
import test from 'ava';
import { HealthChecker } from '../../../src/health/index.js';

/** A pool's client, whose answer comes when the test wants it. */
class Client extends EventEmitter {
  readonly released: (boolean | undefined)[] = [];
  answer: () => void = () => {};
  query(): Promise<unknown> {
    return new Promise<void>((resolve) => {
      this.answer = resolve;
    });
  }
  release(destroy?: boolean): void {
    this.released.push(destroy);
  }
}

const poolOf = (client: Client) => ({ totalCount: 1, connect: async () => client });
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what a server says to a client that was given up ends nothing', async (t) => {
  const client = new Client();
  const checker = new HealthChecker({ timeoutMs: 10 }).withPostgres(poolOf(client));
  const { status } = await checker.checkAll();
  t.is(status, 'unhealthy');
  t.deepEqual(client.released, [true]);
  t.notThrows(() => client.emit('error', new Error('terminating connection due to administrator command')));
});

test('a client is heard while it is lent, and left as it was when it goes back', async (t) => {
  const client = new Client();
  const checker = new HealthChecker({ timeoutMs: 5000 }).withPostgres(poolOf(client));
  const looked = checker.checkAll();
  await turn();
  t.is(client.listenerCount('error'), 1);
  client.answer();
  t.is((await looked).status, 'healthy');
  t.deepEqual(client.released, [false]);
  t.is(client.listenerCount('error'), 0);
});
