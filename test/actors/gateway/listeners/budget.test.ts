import test from 'ava';
import { Budget } from '../../../../src/actors/gateway/listeners/budget.js';

test('one client gets its share, all together get the whole, and what is given back is there for others', (t) => {
  const budget = new Budget({ total: 100, perClient: 60 });
  const [first, second, other] = [budget.hold('a'), budget.hold('a'), budget.hold('b')];
  t.is(first.take(40), 'taken');
  t.is(second.take(30), 'client-full');
  t.is(second.take(20), 'taken');
  t.is(other.take(41), 'full');
  t.is(other.take(40), 'taken');
  t.is(budget.held, 100);
  first.release();
  first.release();
  t.is(budget.held, 60);
  t.is(second.take(41), 'full');
  t.is(second.take(40), 'taken');
  for (const one of [second, other]) one.release();
  t.is(budget.held, 0);
});

test('a refused request takes nothing', (t) => {
  const budget = new Budget({ total: 10, perClient: 10 });
  const held = budget.hold('a');
  t.is(held.take(11), 'full');
  t.is(budget.held, 0);
  t.is(held.take(10), 'taken');
});
