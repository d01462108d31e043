import { setMaxListeners } from 'node:events';
import test from 'ava';
import { MAX_WAITING_DOCUMENTS, MAX_WAITING_OF_CLIENT } from '../../../src/actors/gateway/listeners/listener-limits.js';
import { type Client, Turns } from '../../../src/actors/gateway/turns.js';

const client = (address: string, door: Client['door'] = 'tcp'): Client => ({ door, address });
const never = new AbortController().signal;
setMaxListeners(0, never);

/** Work that ends when the test says so. */
function rig() {
  const turns = new Turns();
  const done: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string, who: Client, signal = never) =>
    turns.run(who, signal, async () => {
      await new Promise<void>((resolve) => ends.push(resolve));
      done.push(name);
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const endAll = async () => {
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end();
      await settle();
    }
  };
  return { work, done, endAll, settle };
}

test('one document is read at a time, and clients take turns', async (t) => {
  const { work, done, endAll, settle } = rig();
  const all = [
    work('a1', client('a')),
    work('a2', client('a')),
    work('a3', client('a')),
    work('b1', client('b')),
    work('unix', client('', 'unix')),
  ];
  await settle();
  await endAll();
  await Promise.all(all);
  t.deepEqual(done, ['a1', 'a2', 'b1', 'unix', 'a3']);
});

test('a client that waits with too many is told to come again, and so is everybody when all wait', async (t) => {
  const { work, endAll, settle } = rig();
  const all = [work('first', client('x'))];
  await settle();
  for (let index = 0; index < MAX_WAITING_OF_CLIENT; index += 1) all.push(work('own', client('a')));
  await t.throwsAsync(work('too many', client('a')), { code: 'ERR_TOO_MANY_REQUESTS' });
  for (let index = MAX_WAITING_OF_CLIENT; index < MAX_WAITING_DOCUMENTS; index += 1)
    all.push(work('other', client(`${index}`)));
  const refused = await t.throwsAsync(work('too many', client('new')), { code: 'ERR_UNAVAILABLE' });
  t.like(refused, { status: 503, headers: { 'retry-after': '5' } } as object);
  // Whoever floods a TCP listener keeps nobody from the socket.
  all.push(work('unix', client('', 'unix')));
  await endAll();
  await Promise.all(all);
});

test('who leaves the queue keeps nobody waiting, and a failure ends its turn', async (t) => {
  const { work, done, endAll, settle } = rig();
  const gone = new AbortController();
  const first = work('first', client('a'));
  await settle();
  const left = work('left', client('b'), gone.signal);
  const last = work('last', client('c'));
  gone.abort();
  await t.throwsAsync(left, { message: /has gone/ });
  await endAll();
  await Promise.all([first, last]);
  t.deepEqual(done, ['first', 'last']);
  const turns = new Turns();
  await t.throwsAsync(
    turns.run(client('a'), never, () => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  );
  t.is(await turns.run(client('a'), never, async () => 1), 1);
});
