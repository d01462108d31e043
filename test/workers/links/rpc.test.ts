import test from 'ava';
import { type EngineCalls, engineCalls } from '../../../src/actors/engine/calls.js';
import { linkPair } from '../../../src/workers/links/link-pair.js';
import { createCaller, serveCalls } from '../../../src/workers/links/rpc.js';

const unexpected = () => {
  throw new Error('not called here');
};

test('an answer to what the life before asked is not taken for an answer to this one', async (t) => {
  const first = linkPair('engine', engineCalls, { connected: false });
  const second = linkPair('engine', engineCalls, { connected: false });
  const asked: number[] = [];
  first.b.in$.subscribe(({ id }) => asked.push(id));
  second.b.in$.subscribe(({ id }) => {
    asked.push(id);
    // The late answer to the first life's question comes first.
    second.b.out.next({ kind: 'reply', id: asked[0] ?? 0, answer: ['old'], last: true });
    second.b.out.next({ kind: 'reply', id, answer: ['new'], last: true });
  });
  first.connect();
  const old = createCaller<EngineCalls>(first.a).call('checks', {});
  old.catch(() => {});
  second.connect();
  second.connect();
  t.deepEqual(await createCaller<EngineCalls>(second.a).call('checks', {}), ['new'] as never);
  t.is(new Set(asked).size, 2);
});

test('a call under way is refused when the peer is replaced, and the next one is answered', async (t) => {
  const link = linkPair('engine', engineCalls);
  const caller = createCaller<EngineCalls>(link.a);
  const lost = caller.call('checks', {});
  link.connect();
  await t.throwsAsync(lost, { code: 'ERR_UNAVAILABLE', message: /engine was restarted before it answered/ });
  serveCalls<EngineCalls>(link.b, {
    backend: unexpected,
    services: unexpected,
    checks: () => [],
    override: unexpected,
    weight: unexpected,
    'override-service': unexpected,
    maintenance: unexpected,
    'target-health': unexpected,
  });
  t.deepEqual(await caller.call('checks', {}), []);
});
