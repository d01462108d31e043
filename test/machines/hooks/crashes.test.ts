import test from 'ava';
import fc from 'fast-check';
import { journalLine } from '../../../src/wire/hooks/journal-lines.js';
import { fact, hookNamed, Life } from './simulated.js';

const hooks = [hookNamed('a'), hookNamed('b', { names: ['even'] })];
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('event'), even: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant({ do: 'sync' } as const) },
  { weight: 5, arbitrary: fc.constant({ do: 'start' } as const) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('end'), hook: fc.constantFrom('a', 'b'), ok: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash'), lost: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'rewrite' } as const) },
);

test('whatever happens, and wherever a crash comes: in order, nothing lost, one repeat a crash at most', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let nowMs = 0;
      let disk = new Life('', hooks, { entries: 1000, bytes: 1e6 }).snapshot();
      let unsynced = '';
      let crashes = 0;
      const bounds = { entries: 1000, bytes: 1e6 };
      let life = new Life(disk, hooks, bounds);
      /** Of entries on the disk: who is to be told. */
      const promised = new Map<string, number[]>([
        ['a', []],
        ['b', []],
      ]);
      const heard = new Map<string, number[]>([
        ['a', []],
        ['b', []],
      ]);
      let waiting: { seq: number; even: boolean }[] = [];
      const sync = () => {
        disk += unsynced;
        unsynced = '';
        for (const { seq, even } of waiting) {
          promised.get('a')?.push(seq);
          if (even) promised.get('b')?.push(seq);
        }
        waiting = [];
        life.durable = life.journal.newest;
      };
      const start = () => {
        const run = life.start(nowMs);
        // It has been told once it runs, whatever becomes of us.
        if (run !== null && run.attempt === 1) heard.get(run.hook)?.push(run.due.entry.seq);
        return run;
      };
      const end = (hook: string, ok: boolean) => {
        if (!life.running.has(hook)) return;
        const record = life.end(hook, ok, nowMs);
        if (record !== null) unsynced += journalLine(record);
      };
      for (const one of steps) {
        nowMs += 100_000;
        if (one.do === 'event') {
          const record = life.journal.append(fact(one.even ? 'even' : 'odd'));
          unsynced += journalLine(record);
          waiting.push({ seq: life.journal.newest, even: one.even });
        } else if (one.do === 'sync') sync();
        else if (one.do === 'start') start();
        else if (one.do === 'end') end(one.hook, one.ok);
        else if (one.do === 'rewrite') {
          disk = life.snapshot();
          unsynced = '';
          sync();
        } else {
          // Some of what was not synced may be there, cut off anywhere.
          disk += unsynced.slice(0, one.lost);
          disk = disk.slice(0, disk.lastIndexOf('\n') + 1);
          unsynced = '';
          life = new Life(disk, hooks, bounds);
          const kept = waiting.filter(({ seq }) => seq <= life.journal.newest);
          waiting = kept;
          sync();
          crashes += 1;
        }
      }
      sync();
      for (let rounds = 0; rounds < 500; rounds += 1) {
        nowMs += 100_000;
        start();
        start();
        end('a', true);
        end('b', true);
      }
      for (const hook of ['a', 'b']) {
        const told = heard.get(hook) ?? [];
        const wanted = promised.get(hook) ?? [];
        t.deepEqual([...new Set(told)], wanted, `${hook}: each once, in order`);
        t.true(told.length - wanted.length <= crashes, `${hook}: repeats`);
        t.deepEqual(
          told,
          [...told].sort((x, y) => x - y),
          `${hook}: a repeat comes at once`,
        );
      }
    }),
    { numRuns: 400 },
  );
});

test('a hook that is too far behind misses the oldest, and is told how many', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.boolean(), fc.boolean(), (count, running, crash) => {
      const bounds = { entries: 10, bytes: 1e6 };
      let life = new Life('', [hookNamed('a')], bounds);
      let told = 0;
      let missed = 0;
      life.journal.append(fact('first'));
      life.durable = 1;
      if (running) told += life.start(0) === null ? 0 : 1;
      let file = life.snapshot();
      for (let index = 1; index < count; index += 1) file += journalLine(life.journal.append(fact('more')));
      if (running) {
        const record = life.end('a', true, 0);
        file += record === null ? '' : journalLine(record);
      }
      if (crash) life = new Life(file, [hookNamed('a')], bounds);
      life.durable = count;
      for (;;) {
        const run = life.start(0);
        if (run === null) break;
        told += 1;
        missed += run.due.missed;
        life.end('a', true, 0);
      }
      t.is(told + missed, count);
    }),
  );
});

test('of a hook that is given up, and of a new one, nothing that follows is lost', (t) => {
  const bounds = { entries: 10, bytes: 1e6 };
  const life = new Life('', [hookNamed('a', { retries: 1 })], bounds);
  for (const name of ['one', 'two']) life.journal.append(fact(name));
  life.durable = 2;
  t.is(life.start(0)?.attempt, 1);
  t.is(life.end('a', false, 0), null);
  t.is(life.start(999), null, 'a pause');
  t.is(life.dispatcher.wakeMs(), 1000);
  t.is(life.start(1000)?.attempt, 2);
  t.deepEqual(life.end('a', false, 1000), { kind: 'cursor', cursor: { hook: 'a', done: 1, missed: 1 } });
  life.dispatcher.configure([hookNamed('a'), hookNamed('late')]);
  const run = life.start(1000);
  t.like(run, { hook: 'a', attempt: 1, due: { missed: 1, entry: { seq: 2 } } });
  t.is(life.start(1000), null, 'a new hook is told what happens from now on');
  life.journal.append(fact('three'));
  life.durable = 3;
  t.is(life.start(1000)?.hook, 'late');
});

test('which events a hook wants', (t) => {
  const wants = (more: Parameters<typeof hookNamed>[1], entry: Parameters<typeof fact>[1]) =>
    new Life('', [hookNamed('a', more)], { entries: 9, bytes: 1e6 }).journal.wanted(fact('web', entry));
  t.true(wants({}, {}));
  t.false(wants({ on: ['alarm'] }, {}));
  t.true(wants({ on: ['vrrp-transition'] }, { type: 'vrrp-state' }));
  t.true(wants({ names: ['web'] }, {}));
  t.false(wants({ names: ['other'] }, {}));
  t.true(wants({ to: ['healthy'] }, {}));
  t.false(wants({ to: ['unhealthy'] }, {}));
  t.false(wants({ to: ['healthy'] }, { state: null }));
  t.false(wants({ resync: false }, { present: true }));
  t.false(wants({ format: 'keepalived' }, {}));
  t.true(wants({ format: 'keepalived' }, { words: ['VS'] }));
  t.false(wants({}, { only: 'b' }));
  t.true(wants({}, { only: 'a' }));
});
