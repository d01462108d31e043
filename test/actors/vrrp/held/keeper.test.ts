import test from 'ava';
import {
  CHANGES_PER_TURN,
  type HeldThing,
  Keeper,
  LOOK_SPACING_NS,
  REINSTALL_PERIOD_NS,
  REINSTALLS_AT_ONCE,
} from '../../../../src/actors/vrrp/held/keeper.js';

const thing = (name: number | string): HeldThing => ({ key: String(name), text: String(name) });

/** A kernel, and a diary of what the keeper did and told. `others` are there and somebody else's. */
function setup(things: readonly HeldThing[], others: 'ours' | 'found' | 'in-the-way' = 'found') {
  const kernel = new Set<string>();
  const said: string[] = [];
  const refuse = new Map<string, string>();
  const keeper = new Keeper<HeldThing>({
    change: (op, changed) =>
      changed.map(({ key }) => {
        said.push(`${op} ${key}`);
        const refusal = refuse.get(key);
        if (refusal !== undefined) return refusal;
        if (op === 'remove') return kernel.delete(key) ? null : 'EADDRNOTAVAIL';
        if (kernel.has(key)) return 'EEXIST';
        kernel.add(key);
        return null;
      }),
    whose: () => others,
    isGone: (code) => code === 'EADDRNOTAVAIL',
    failed: ({ text }, op, code) => said.push(`${op} ${text} failed: ${code}`),
    found: ({ text }) => said.push(`found ${text}`),
    lost: ({ text }, again) => said.push(`lost ${text}${again ? '' : ', later'}`),
    installed: (installed) => said.push(`installed ${installed.length}`),
  });
  keeper.configure(things);
  const states = () => {
    const all: string[] = [];
    keeper.each(({ text }, state, problem) => all.push(`${text} ${state} ${problem ?? ''}`.trim()));
    return all;
  };
  const seen = (atNs: number) => keeper.seen(({ key }) => kernel.has(key), atNs);
  return { keeper, kernel, refuse, seen, states, take: () => said.splice(0) };
}

test('a master has all of its things, another none', (t) => {
  const { keeper, kernel, states, take } = setup([thing(1), thing(2)]);
  t.is(keeper.nextNs, Number.POSITIVE_INFINITY);
  keeper.take();
  t.is(keeper.nextNs, 0);
  keeper.work(5);
  t.deepEqual(take(), ['add 1', 'add 2', 'installed 2']);
  t.is(keeper.nextNs, Number.POSITIVE_INFINITY);
  t.deepEqual(states(), ['1 ours', '2 ours']);
  keeper.release();
  keeper.work(6);
  t.deepEqual(take(), ['remove 1', 'remove 2']);
  t.is(kernel.size, 0);
  t.deepEqual(states(), ['1 absent', '2 absent']);
});

test('many things are changed a few at a time', (t) => {
  const { keeper, kernel } = setup(Array.from({ length: 40 }, (_, index) => thing(index + 1)));
  keeper.take();
  for (const count of [CHANGES_PER_TURN, 2 * CHANGES_PER_TURN, 40]) {
    t.is(keeper.nextNs, 0);
    keeper.work(1);
    t.is(kernel.size, count);
  }
  t.is(keeper.nextNs, Number.POSITIVE_INFINITY);
});

test('what was there before is used, and left there', (t) => {
  const { keeper, kernel, states, take } = setup([thing(1)]);
  kernel.add('1');
  keeper.take();
  keeper.work(1);
  t.deepEqual(take(), ['add 1', 'found 1', 'installed 1']);
  t.deepEqual(states(), ['1 found']);
  keeper.doubt(1e9);
  keeper.work(1e9);
  t.deepEqual(take(), ['add 1']);
  t.deepEqual(states(), ['1 found'], 'it is no more ours than before');
  keeper.release();
  keeper.work(2e9);
  t.deepEqual(take(), []);
  t.true(kernel.has('1'));
});

test('what was there with our mark is ours', (t) => {
  const { keeper, kernel, take } = setup([thing(1)], 'ours');
  kernel.add('1');
  keeper.take();
  keeper.work(1);
  t.deepEqual(take(), ['add 1', 'installed 1']);
  keeper.release();
  keeper.work(2);
  t.false(kernel.has('1'));
});

test('what is in the way is told, left alone, and tried again later', (t) => {
  const { keeper, kernel, states, take } = setup([thing(1)], 'in-the-way');
  kernel.add('1');
  keeper.take();
  keeper.work(1);
  t.deepEqual(take(), ['add 1', 'add 1 failed: EEXIST']);
  t.deepEqual(states(), ['1 absent EEXIST']);
  t.is(keeper.nextNs, 1 + REINSTALL_PERIOD_NS);
  kernel.clear();
  keeper.work(keeper.nextNs);
  t.deepEqual(take(), ['add 1', 'installed 1']);
  t.deepEqual(states(), ['1 ours']);
});

test('what someone removes is put back at once, and after a few times more slowly', (t) => {
  const { keeper, kernel, seen, take } = setup([thing(1)]);
  keeper.take();
  keeper.work(0);
  take();
  for (let time = 1; time <= REINSTALLS_AT_ONCE; time += 1) {
    kernel.clear();
    seen(time);
    t.is(keeper.nextNs, time);
    keeper.work(time);
    t.deepEqual(take(), ['lost 1', 'add 1', 'installed 1']);
  }
  kernel.clear();
  seen(100);
  t.deepEqual(take(), ['lost 1, later']);
  t.is(keeper.nextNs, 100 + REINSTALL_PERIOD_NS);
  keeper.work(keeper.nextNs);
  t.true(kernel.has('1'));
});

test('what may be gone without a word is added again, and is no loss where it was there', (t) => {
  const { keeper, kernel, take } = setup([thing(1), thing(2)]);
  keeper.take();
  keeper.work(0);
  take();
  kernel.delete('2');
  keeper.doubt(1e9);
  t.is(keeper.nextNs, 1e9);
  keeper.work(1e9);
  t.deepEqual(take(), ['add 1', 'add 2', 'lost 2', 'installed 1']);
  t.is(keeper.nextNs, Number.POSITIVE_INFINITY);
});

test('however much happens around them, things are looked at ten times a second at most', (t) => {
  const { keeper, take } = setup([thing(1)]);
  keeper.take();
  keeper.work(0);
  take();
  for (let ms = 1; ms <= 1000; ms += 1) {
    keeper.doubt(ms * 1e6);
    if (keeper.nextNs <= ms * 1e6) keeper.work(ms * 1e6);
  }
  t.is(take().length, 10);
  t.is(LOOK_SPACING_NS, 100e6);
});

test('what is taken away again and again without a word is put back once in a period', (t) => {
  const { keeper, kernel, take } = setup([thing(1)]);
  keeper.take();
  keeper.work(0);
  take();
  for (let ms = 100; ms <= 9_000; ms += 100) {
    kernel.clear();
    keeper.doubt(ms * 1e6);
    if (keeper.nextNs <= ms * 1e6) keeper.work(ms * 1e6);
  }
  const losses = take().filter((line) => line.startsWith('lost'));
  t.deepEqual(losses, [...Array<string>(REINSTALLS_AT_ONCE).fill('lost 1'), 'lost 1, later']);
});

test('what was refused is tried again as soon as something changed around it', (t) => {
  const { keeper, refuse, take } = setup([thing(1)]);
  refuse.set('1', 'ENETUNREACH');
  keeper.take();
  keeper.work(7);
  t.deepEqual(take(), ['add 1', 'add 1 failed: ENETUNREACH']);
  t.is(keeper.nextNs, 7 + REINSTALL_PERIOD_NS);
  refuse.clear();
  keeper.doubt(1e9);
  t.is(keeper.nextNs, 1e9);
  keeper.work(1e9);
  t.deepEqual(take(), ['add 1', 'installed 1'], 'it was not there before, and is no loss');
});

test('what a backup does not have is not missed', (t) => {
  const { keeper, seen, take } = setup([thing(1)]);
  seen(1);
  keeper.doubt(1);
  t.is(keeper.nextNs, Number.POSITIVE_INFINITY);
  t.deepEqual(take(), []);
});

test('a new configuration changes only what differs', (t) => {
  const { keeper, kernel, take } = setup([thing(1), thing(2)]);
  keeper.take();
  keeper.work(1);
  take();
  keeper.configure([thing(2), thing(3)]);
  while (keeper.nextNs <= 2) keeper.work(2);
  t.deepEqual(take(), ['remove 1', 'add 3', 'installed 1']);
  t.deepEqual([...kernel].sort(), ['2', '3']);
});

test('what is gone when it is to be removed is as it should be', (t) => {
  const { keeper, kernel, take } = setup([thing(1)]);
  keeper.take();
  keeper.work(1);
  take();
  kernel.clear();
  keeper.configure([]);
  keeper.work(2);
  t.deepEqual(take(), ['remove 1'], 'which fails, and that is no failure');
  t.is(keeper.nextNs, Number.POSITIVE_INFINITY);
});

test('what is no longer configured is removed, however much it is', (t) => {
  const things = Array.from({ length: 40 }, (_, index) => thing(index + 1));
  const { keeper, kernel, take } = setup(things);
  keeper.take();
  while (keeper.nextNs <= 1) keeper.work(1);
  t.is(kernel.size, 40);
  take();
  // A fault comes first, and has the time for a few alone.
  keeper.release();
  keeper.work(2);
  keeper.configure([]);
  while (keeper.nextNs <= 2) keeper.work(2);
  t.is(kernel.size, 0);
  t.deepEqual(
    take(),
    things.map(({ text }) => `remove ${text}`),
  );
});
