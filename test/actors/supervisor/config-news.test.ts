import test from 'ava';
import { tellApplied, tellRefused } from '../../../src/actors/supervisor/config-news.js';
import { ConfigError } from '../../../src/model/errors.js';
import type { EventBody } from '../../../src/model/observing/events.js';

function context() {
  const lines: string[] = [];
  const events: EventBody[] = [];
  const write = (_: object, message: string) => void lines.push(message);
  const log = { trace: write, debug: write, info: write, warn: write, error: write };
  return { lines, events, context: { log, event: (body: EventBody) => void events.push(body) } };
}

test('each change of a configuration is a line of the log, and all are in the event', (t) => {
  const { lines, events, context: told } = context();
  tellApplied(told, ['services.web: scheduler rr -> wrr', 'services.mail: removed']);
  t.deepEqual(lines, [
    'configuration applied: 2 changes',
    'configuration changed: services.web: scheduler rr -> wrr',
    'configuration changed: services.mail: removed',
  ]);
  t.like(events, [{ why: '2 changes', changes: ['services.web: scheduler rr -> wrr', 'services.mail: removed'] }]);
});

test('a single change is the reason of its event', (t) => {
  const { events, context: told } = context();
  tellApplied(told, ['services.mail: removed']);
  t.like(events, [{ why: 'services.mail: removed' }]);
});

test('each error of a refused configuration is a line of its own, without a line break, and many are counted', (t) => {
  const { lines, events, context: told } = context();
  const issue = (line: number) => ({
    file: 'lb.yaml',
    line,
    column: 1,
    path: `services[${line}]`,
    message: 'is wrong',
  });
  tellRefused(told, 'lb.yaml', new ConfigError(Array.from({ length: 23 }, (_, index) => issue(index + 1))));
  t.is(lines.length, 22);
  t.is(lines[0], 'the new configuration was refused, the old one stays: 23 errors');
  t.is(lines[1], 'lb.yaml:1:1: services[1]: is wrong');
  t.is(lines.at(-1), 'and 3 more');
  t.false(lines.some((line) => line.includes('\n')));
  t.like(events, [{ change: 'refused', why: '23 errors, the first: lb.yaml:1:1: services[1]: is wrong' }]);
});
