import test from 'ava';
import { ReplaySubject } from 'rxjs';
import type { StateItem } from '../../../src/model/observing/state-item.js';
import type { News, Telemetry } from '../../../src/wire/links/telemetry.js';
import { Observers } from '../../../src/workers/host/observers.js';

const item = (key: string, why = ''): StateItem => ({
  type: 'service',
  key,
  name: key,
  enabled: true,
  healthy: true,
  why,
});
const event = (alarm: string): News => ({
  kind: 'event',
  event: { type: 'alarm', alarm, why: '', atMs: 0, actor_name: 'engine' },
});

function watched() {
  const sent: Telemetry[] = [];
  const connected$ = new ReplaySubject<number>(1);
  connected$.next(1);
  const link = {
    out: { next: (value: unknown) => void sent.push(value as Telemetry) },
    connected$,
    backlog: () => backlog,
  };
  let backlog = 0;
  return {
    link,
    sent,
    reconnect: () => connected$.next(2),
    slow: () => {
      backlog = 100;
    },
  };
}

/** One by one, as they would reach the store. */
const flat = (messages: readonly Telemetry[]): readonly Telemetry[] =>
  messages.flatMap((message): readonly Telemetry[] => (message.kind === 'news' ? message.news : [message]));

function start() {
  const one = watched();
  const other = watched();
  const observers = new Observers('engine');
  observers.add(one.link);
  observers.add(other.link);
  one.sent.length = 0;
  other.sent.length = 0;
  return { observers, one, other };
}

test('the news of one turn go out together, in order, to every observer', async (t) => {
  const { observers, one, other } = start();
  observers.tell(event('first'));
  observers.tellState('a', item('a'));
  observers.tellState('a', null);
  observers.tell(event('last'));
  t.is(one.sent.length, 0);
  await null;
  t.is(one.sent.length, 1);
  t.deepEqual(one.sent, other.sent);
  t.deepEqual(
    flat(one.sent).map(({ kind }) => kind),
    ['event', 'state', 'state-gone', 'event'],
  );
});

test('news that come alone go out as they are, and thousands in messages of bounded size', async (t) => {
  const { observers, one } = start();
  observers.tell(event('alone'));
  await null;
  t.deepEqual(one.sent, [event('alone')]);
  one.sent.length = 0;
  for (let i = 0; i < 1234; i += 1) observers.tellState(`k${i}`, item(`k${i}`));
  await null;
  t.is(one.sent.length, 3);
  t.is(flat(one.sent).length, 1234);
});

test('a slow observer gets its news one by one, so that the link can drop and coalesce them', async (t) => {
  const { observers, one, other } = start();
  one.slow();
  observers.tellState('a', item('a'));
  observers.tell(event('x'));
  await null;
  t.deepEqual(
    one.sent.map(({ kind }) => kind),
    ['state', 'event'],
  );
  t.is(other.sent.length, 1);
});

test('an actor that never ends its turn is heard at once', (t) => {
  const { observers, one } = start();
  observers.tell(event('before'));
  observers.stopTurns();
  observers.tellState('a', item('a'));
  t.is(one.sent.length, 2);
});

test('a new reader is told the whole state as it is', async (t) => {
  const { observers, one } = start();
  observers.tellState('a', item('a', 'old'));
  observers.tellState('a', item('a', 'new'));
  observers.tellState('b', item('b'));
  observers.tellState('b', null);
  await null;
  one.sent.length = 0;
  one.reconnect();
  t.deepEqual(flat(one.sent), [
    { kind: 'state-begin', actor: 'engine' },
    { kind: 'state', item: item('a', 'new') },
    { kind: 'state-end', actor: 'engine' },
  ]);
});
