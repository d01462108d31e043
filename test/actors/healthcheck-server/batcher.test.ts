import { mock } from 'node:test';
import test from 'ava';
import { Batcher } from '../../../src/actors/healthcheck-server/batcher.js';
import type { TargetStatus } from '../../../src/wire/links/targets.js';

const status = (state: 'healthy' | 'unhealthy'): TargetStatus => ({ state }) as TargetStatus;

function harness(maxBatch: number, delayMs: number) {
  const sent: string[][] = [];
  const reader = { ready: true };
  const batcher = new Batcher({
    maxBatch,
    delayMs,
    ready: () => reader.ready,
    send: (batch) => sent.push(batch.map(({ id, status: { state } }) => `${id}:${state}`)),
  });
  return { batcher, sent, reader };
}

test('a full batch goes at once, in order', (t) => {
  const { batcher, sent } = harness(3, 60_000);
  for (let id = 0; id < 7; id++) batcher.add({ id: String(id), status: status('healthy') }, 10);
  t.deepEqual(sent, [
    ['0:healthy', '1:healthy', '2:healthy'],
    ['3:healthy', '4:healthy', '5:healthy'],
  ]);
  t.is(batcher.waiting, 1);
  batcher.stop();
});

test.serial('the timer starts at the first item, not at the last', (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const { batcher, sent } = harness(100_000, 30);
  for (const id of ['0', '1']) {
    batcher.add({ id, status: status('healthy') }, 10);
    mock.timers.tick(20);
  }
  t.deepEqual(sent, [['0:healthy', '1:healthy']]);
  batcher.stop();
});

test('while the reader is behind, only the newest of each id waits', (t) => {
  const { batcher, sent, reader } = harness(2, 60_000);
  reader.ready = false;
  for (let round = 0; round < 1000; round++) {
    for (const id of ['a', 'b', 'c']) batcher.add({ id, status: status(round % 2 === 0 ? 'healthy' : 'unhealthy') }, 3);
    t.true(batcher.waiting <= 7);
  }
  batcher.flush();
  t.deepEqual(sent, []);
  reader.ready = true;
  batcher.flush();
  const newest = new Map(sent.flat().map((text) => text.split(':') as [string, string]));
  t.deepEqual(
    [...newest].sort(),
    ['a', 'b', 'c'].map((id) => [id, 'unhealthy']),
  );
});

test('what is not wanted any more is not sent', (t) => {
  const { batcher, sent } = harness(10, 60_000);
  for (const id of ['a', 'b']) batcher.add({ id, status: status('healthy') }, 2);
  batcher.retain((id) => id === 'b');
  batcher.flush();
  t.deepEqual(sent, [['b:healthy']]);
});
