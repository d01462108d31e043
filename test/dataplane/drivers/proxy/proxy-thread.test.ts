import test from 'ava';
import { ProxyThread } from '../../../../src/dataplane/drivers/proxy/proxy-thread.js';
import { threadOf } from '../../../../src/dataplane/drivers/proxy/thread-of.js';
import { proxyLink, type ToProxy } from '../../../../src/wire/links/proxy.js';
import { linkPair } from '../../../../src/workers/links/link-pair.js';
import { serve, serviceAt } from '../../../support/rigs/proxy-rig.js';

function rig() {
  const pair = linkPair('proxy-0', proxyLink, { connected: false });
  const changes: string[] = [];
  const asked: ToProxy[] = [];
  pair.b.in$.subscribe((message) => asked.push(message));
  const thread = new ProxyThread(
    pair.a,
    () => {},
    (why) => changes.push(why),
  );
  return { pair, changes, asked, thread };
}

test('a thread that is not there fails every change at once, and says which', async (t) => {
  const { thread } = rig();
  t.deepEqual(await thread.apply(serve(serviceAt(80))), [
    {
      ok: false,
      code: 'ETIMEDOUT',
      message: 'add service web (tcp 127.0.0.1:80): scheduler rr: proxy-0 is not running',
    },
  ]);
});

test('a frozen thread is waited for once; when it speaks again it is looked at anew', async (t) => {
  const { pair, changes, asked, thread } = rig();
  pair.connect();
  await t.throwsAsync(thread.read(), { message: 'proxy-0 does not answer' });
  await t.throwsAsync(thread.read(), { message: 'proxy-0 does not answer' });
  t.is(asked.length, 1);
  pair.b.out.next({ kind: 'table', id: 1, entries: [] });
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(changes, ['proxy-0 answers again']);
  const answer = thread.read();
  await new Promise((resolve) => setImmediate(resolve));
  pair.b.out.next({ kind: 'table', id: asked.at(-1)?.id ?? 0, entries: [] });
  t.deepEqual(await answer, []);
});

test('a thread that is replaced answers no question of its forerunner', async (t) => {
  const { pair, changes, thread } = rig();
  pair.connect();
  const answer = thread.counts(null);
  pair.connect();
  await t.throwsAsync(answer, { message: 'proxy-0 does not answer' });
  t.deepEqual(changes, ['proxy-0 was restarted']);
});

test('a service that was lost is a change', async (t) => {
  const { pair, changes } = rig();
  pair.connect();
  pair.b.out.next({ kind: 'lost', service: serviceAt(80).key, why: 'EIO' });
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(changes, ['proxy-0 lost tcp 127.0.0.1:80: EIO']);
});

test('services are spread evenly over threads, and one thread more takes only its share', (t) => {
  const keys = Array.from({ length: 3000 }, (_, index) => `tcp 10.0.${index >> 8}.${index & 255}:80`);
  const before = keys.map((key) => threadOf(key, ['proxy-0', 'proxy-1']));
  const after = keys.map((key) => threadOf(key, ['proxy-2', 'proxy-1', 'proxy-0']));
  const moved = keys.filter((_, index) => before[index] !== after[index]);
  t.true(Math.abs(before.filter((thread) => thread === 'proxy-0').length - 1500) < 150);
  t.true(moved.length > 850 && moved.length < 1150);
  t.true(after.every((thread, index) => thread === before[index] || thread === 'proxy-2'));
  t.is(threadOf('x', []), null);
});
