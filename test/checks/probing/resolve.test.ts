import test from 'ava';
import { ResolveError } from '../../../src/checks/probing/probe-result.js';
import { NameCache } from '../../../src/checks/probing/resolve.js';
import { type Answer, hostsFileAddress } from '../../../src/checks/probing/system-names.js';

/** A cache on a clock of its own, before a resolver that is told what to answer. */
function rig() {
  let nowMs = 0;
  let asked = 0;
  let reply: () => Promise<Answer> = async () => ({ addresses: ['192.0.2.1'], ttlMs: 10_000 });
  const cache = new NameCache(
    () => {
      asked += 1;
      return reply();
    },
    () => nowMs,
  );
  return {
    resolve: (host = 'web.test') => cache.resolve(host),
    answer: (addresses: readonly string[], ttlMs = 10_000) => {
      reply = async () => ({ addresses, ttlMs });
    },
    fail: (error: Error) => {
      reply = async () => {
        throw error;
      };
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    get asked() {
      return asked;
    },
  };
}
/** Lets a refresh in the background come to its end. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('addresses come back as they are, without a query', async (t) => {
  const names = rig();
  t.is(await names.resolve('192.0.2.7'), '192.0.2.7');
  t.is(await names.resolve('2001:db8::1'), '2001:db8::1');
  t.is(names.asked, 0);
});

test('many who ask at once share one query, and its answer for the TTL', async (t) => {
  const names = rig();
  t.deepEqual(await Promise.all([names.resolve(), names.resolve(), names.resolve()]), Array(3).fill('192.0.2.1'));
  names.pass(7_999);
  await names.resolve();
  t.is(names.asked, 1);
});

test('near its end the answer is refreshed while it is still used', async (t) => {
  const names = rig();
  await names.resolve();
  names.answer(['192.0.2.2']);
  names.pass(8_000);
  t.is(await names.resolve(), '192.0.2.1');
  await settle();
  t.is(await names.resolve(), '192.0.2.2');
  t.is(names.asked, 2);
});

test('the address in use is kept while it is among the answers', async (t) => {
  const names = rig();
  await names.resolve();
  names.answer(['192.0.2.9', '192.0.2.1']);
  names.pass(9_000);
  await names.resolve();
  await settle();
  t.is(await names.resolve(), '192.0.2.1');
});

test('while refreshing fails the last answer is used, for a day', async (t) => {
  const names = rig();
  await names.resolve();
  names.fail(new ResolveError('no-answer', 'down'));
  names.pass(20_000);
  t.is(await names.resolve(), '192.0.2.1');
  await settle();
  t.is(await names.resolve(), '192.0.2.1');
  t.is(names.asked, 2, 'a failure is not asked about again at once');
  names.pass(2_000);
  await names.resolve();
  await settle();
  t.is(names.asked, 3);
  names.pass(24 * 3_600_000);
  await t.throwsAsync(names.resolve(), { message: 'down' });
});

test('a name that does not exist is asked about again after two seconds', async (t) => {
  const names = rig();
  names.fail(new ResolveError('no-such-name', 'no such name'));
  await t.throwsAsync(names.resolve(), { message: 'no such name' });
  names.pass(1_999);
  await t.throwsAsync(names.resolve());
  t.is(names.asked, 1);
  names.answer(['192.0.2.3']);
  names.pass(1);
  t.is(await names.resolve(), '192.0.2.3');
});

test('a TTL of zero or of years is brought within bounds', async (t) => {
  const names = rig();
  names.answer(['192.0.2.1'], 0);
  await names.resolve();
  names.pass(700);
  await names.resolve();
  t.is(names.asked, 1);
  names.answer(['192.0.2.1'], 1e12);
  names.pass(400);
  await names.resolve();
  await settle();
  names.pass(3_000_000);
  await names.resolve();
  t.is(names.asked, 3);
});

test('an answer without addresses is a failure', async (t) => {
  const names = rig();
  names.answer([]);
  await t.throwsAsync(names.resolve(), { instanceOf: ResolveError, message: 'web.test: the name has no address' });
});

test('the hosts file', (t) => {
  const text =
    '# comment\n127.0.0.1 localhost\n\n192.0.2.1\tWeb.test alias # trailing\nnonsense web2\n::1 six\n192.0.2.2 web.test\n';
  t.is(hostsFileAddress(text, 'web.TEST'), '192.0.2.1');
  t.is(hostsFileAddress(text, 'alias'), '192.0.2.1');
  t.is(hostsFileAddress(text, 'six'), '::1');
  t.is(hostsFileAddress(text, 'web2'), null);
  t.is(hostsFileAddress(text, 'trailing'), null);
});
