/**
 * In a steady state the thread makes no objects, so V8 has nothing to collect but numbers: a time that goes from one function
 * to another is a number object of 16 bytes wherever the compiler does not make one function of the two. What is counted are
 * all allocations of a batch, by the sampling heap profiler with an interval of one byte.
 */
import { type HeapProfiler, Session } from 'node:inspector';
import test, { type ExecutionContext } from 'ava';
import { Board, newBoardMemory } from '../../../src/actors/vrrp/hedge/board.js';
import { AdvertHedge } from '../../../src/actors/vrrp/hedge/first-thread.js';
import { SecondThread } from '../../../src/actors/vrrp/hedge/second-thread.js';
import { VrrpRouter } from '../../../src/machines/vrrp/router.js';
import { compileTable } from '../../../src/machines/vrrp/table.js';
import { type Nanoseconds, ns, nsFromMs } from '../../../src/model/units.js';
import { PreciseClock } from '../../../src/os/clock/precise-clock.js';
import { ReceiveRing } from '../../../src/os/packets/receive-ring.js';
import { encodeAdvert, multicastGroup } from '../../../src/wire/vrrp/advert.js';
import { encodePacket } from '../../../src/wire/vrrp/packet.js';
import { gratuitous, testInstance } from '../../support/fixtures/vrrp-config.js';
import { createLoopRig } from '../../support/rigs/vrrp/loop-rig.js';

/** Adverts in a batch. */
const ROUNDS = 500;
/** A batch begins and ends with a few of its own, and once a second an instance publishes its view. */
const MOST_OBJECTS = ROUNDS / 5;
const MOST_NUMBERS = 24 * ROUNDS;
const NUMBER_BYTES = 16;
/** At first the compiler has not done its work. */
const MAX_BATCHES = 20;

/** The protocol's `samples`, which the types of Node leave out. */
type Sampled = { readonly samples: readonly { readonly size: number }[] };
type Allocations = { readonly objects: number; readonly numbers: number };

/** Everything that the work allocated, collected since or not. */
function allocationsOf(session: Session, work: () => void): Allocations {
  session.post('HeapProfiler.startSampling', {
    samplingInterval: 1,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  work();
  let sizes: readonly number[] = [];
  session.post('HeapProfiler.stopSampling', (error, { profile }) => {
    if (error !== null) throw error;
    sizes = (profile as HeapProfiler.SamplingHeapProfile & Sampled).samples.map(({ size }) => size);
  });
  const numbers = sizes.filter((size) => size <= NUMBER_BYTES).length;
  return { numbers, objects: sizes.length - numbers };
}

/** Some batch makes next to no objects: an object for each advert would be in all of them. */
function assertNoObjects(t: ExecutionContext, batch: () => void): void {
  const session = new Session();
  session.connect();
  try {
    let best: Allocations = { objects: Number.POSITIVE_INFINITY, numbers: 0 };
    for (let round = 0; round < MAX_BATCHES; round += 1) {
      for (let warm = 0; warm < 5; warm += 1) batch();
      const now = allocationsOf(session, batch);
      if (now.objects < best.objects) best = now;
      if (best.objects <= MOST_OBJECTS && best.numbers <= MOST_NUMBERS) break;
    }
    const { objects, numbers } = best;
    t.log(`${objects} objects and ${numbers} numbers in ${ROUNDS} rounds`);
    t.true(objects <= MOST_OBJECTS, `${objects} objects in ${ROUNDS} rounds`);
    t.true(numbers <= MOST_NUMBERS, `${numbers} numbers in ${ROUNDS} rounds`);
    // Whether the profiler sees them at all.
    const kept: object[] = [];
    const made = allocationsOf(session, () => {
      for (let count = 0; count < ROUNDS; count += 1) kept.push({ count });
    });
    t.true(made.objects >= ROUNDS);
  } finally {
    session.disconnect();
  }
}

const interval = nsFromMs(10);
const settings = { version: 3 as const, priority: 100, intervalNs: interval, preempt: true, preemptDelayNs: ns(0) };
const port = {
  sendAdvert() {},
  sendResignation() {},
  takeAddresses() {},
  releaseAddresses() {},
  announce() {},
  advertTime: (atNs: number) => atNs,
  mayPromote: () => true,
  changed() {},
};

test('a router that is master makes no objects', (t) => {
  const router = new VrrpRouter(port, settings, compileTable);
  router.control('startup', ns(0), 'started');
  assertNoObjects(t, () => {
    for (let count = 0; count < ROUNDS; count += 1) router.due(router.deadlineNs as Nanoseconds);
  });
  t.true(router.isMaster);
});

test('a router that is backup makes no objects', (t) => {
  const router = new VrrpRouter(port, settings, compileTable);
  router.control('startup', ns(0), 'started');
  assertNoObjects(t, () => {
    for (let count = 0; count < ROUNDS; count += 1) router.advert(200, interval, 1, router.deadlineNs as Nanoseconds);
  });
  t.is(router.state, 'backup');
});

const instance = testInstance({
  dialect: 'seesaw',
  intervalMs: 0.5,
  gratuitous: gratuitous({ count: 0, refreshNs: ns(0) }),
});

function assertMasterMakesNoObjects(t: ExecutionContext, parts: Parameters<typeof createLoopRig>[1]): void {
  using rig = createLoopRig(instance, parts);
  const far = new ReceiveRing(new PreciseClock());
  const { counts } = rig.instance;
  assertNoObjects(t, () => {
    const end = counts.sent + ROUNDS;
    while (counts.sent < end) {
      rig.loop.turn();
      far.receive(rig.wire);
    }
  });
  t.is(rig.instance.router.state, 'master');
  t.is(counts.unsent, 0);
}

test('the loop of a master makes no objects', (t) => assertMasterMakesNoObjects(t, {}));

const clock = new PreciseClock();
function newHedge() {
  const board = new Board(newBoardMemory());
  board.tellReady();
  return { board, hedge: new AdvertHedge(board, clock, 'a test', () => {}) };
}

test('nor does that of one which arms each advert for a second thread', (t) => {
  const { hedge } = newHedge();
  assertMasterMakesNoObjects(t, { hedge });
});

test('a second thread makes no objects', (t) => {
  const { board, hedge } = newHedge();
  const advert = hedge.open();
  const bytes = new Uint8Array(40);
  advert?.load(1, [{ address: bytes, advert: bytes, resignation: bytes, nothing: bytes }]);
  let sent = 0;
  const second = new SecondThread(
    board,
    clock,
    () => {},
    () => {
      sent += 1;
      return 1;
    },
  );
  assertNoObjects(t, () => {
    for (const end = sent + ROUNDS; sent < end; ) {
      const deadlineNs = Math.floor(clock.now()) + 50_000;
      advert?.arm(deadlineNs, deadlineNs + interval, interval);
      while (clock.now() < deadlineNs) second.turn();
      second.turn();
      advert?.takeAtDeadline();
    }
  });
});

test('the loop of a backup makes no objects', (t) => {
  using rig = createLoopRig(instance);
  const { counts } = rig.instance;
  const from = Uint8Array.of(192, 0, 2, 2);
  const group = multicastGroup('ipv4');
  const fields = {
    family: 'ipv4',
    vrid: instance.vrid,
    priority: 200,
    interval: nsFromMs(10_000),
    addresses: [],
  } as const;
  const advert = encodePacket('ipv4', from, group, encodeAdvert(fields, from, group, 'pseudo-header'));
  rig.hear(advert);
  assertNoObjects(t, () => {
    const end = counts.received + ROUNDS;
    while (counts.received < end) {
      rig.hear(advert);
      rig.loop.turn();
    }
  });
  t.is(rig.instance.router.state, 'backup');
});
