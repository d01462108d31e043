import test from 'ava';
import { Subject } from 'rxjs';
import { heldUntilHeard } from '../../src/embedding/held-events.js';

test('the first who listens hears what came before, in order; the next one only what comes', (t) => {
  const source = new Subject<number>();
  const events = heldUntilHeard(source, 3);
  for (const value of [1, 2, 3, 4]) source.next(value);
  const [first, second]: [number[], number[]] = [[], []];
  events.subscribe((value) => first.push(value));
  events.subscribe((value) => second.push(value));
  source.next(5);
  t.deepEqual(first, [2, 3, 4, 5]);
  t.deepEqual(second, [5]);
});

test('what came before is heard after the end too', (t) => {
  const source = new Subject<string>();
  const events = heldUntilHeard(source, 3);
  source.next('shutdown');
  source.complete();
  const heard: string[] = [];
  events.subscribe({ next: (value) => heard.push(value), complete: () => heard.push('end') });
  t.deepEqual(heard, ['shutdown', 'end']);
});
