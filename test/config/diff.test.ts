import test from 'ava';
import fc from 'fast-check';
import { diffConfig } from '../../src/config/diff.js';
import { SEED, validDocument } from './documents.js';
import { fromValue, parse } from './support.js';

const diff = (before: string, after: string): readonly string[] =>
  diffConfig(parse(before).config, parse(after).config);
const web = (backends: string, more = ''): string =>
  `services: [{ name: web, address: 10.0.0.1, port: 80, ${more} backends: [${backends}] }]`;

test('nothing changes, nothing is told', (t) => {
  t.deepEqual(diff(web('{ address: 10.0.0.2 }'), web('{ address: 10.0.0.2, weight: 1 }')), []);
});

test('named things are matched by their names, wherever they stand', (t) => {
  t.deepEqual(
    diff(
      web('{ name: a, address: 10.0.0.2, weight: 2 }, { name: b, address: 10.0.0.3 }'),
      web('{ name: c, address: 10.0.0.4 }, { name: a, address: 10.0.0.2, weight: 3 }'),
    ),
    ['services.web.backends.b: removed', 'services.web.backends.c: added', 'services.web.backends.a: weight 2 -> 3'],
  );
});

test('services come and go', (t) => {
  t.deepEqual(diff('{}', web('')), ['services.web: added']);
  t.deepEqual(diff(web(''), '{}'), ['services.web: removed']);
});

test('plain values, lists and durations are shown as they are written', (t) => {
  t.deepEqual(
    diff(
      'log: { level: info }',
      'log: { level: debug }\nvrrp: { startup_delay: 90s }\ndemo: { backends: ["127.0.0.1:1"] }',
    ),
    ['vrrp: startup_delay 0s -> 1m 30s', 'log: level info -> debug', 'demo: backends [] -> [127.0.0.1:1]'],
  );
  t.deepEqual(
    diff('{}', 'agent: { listen: "127.0.0.1:1" }')[0]?.slice(0, 40),
    'agent: none -> { listen: 127.0.0.1:1, me',
  );
});

test('checks are compared one by one', (t) => {
  const checks = (text: string): string => web(`{ name: a, address: 10.0.0.2, checks: [${text}] }`);
  t.deepEqual(diff(checks('{ type: tcp }'), checks('{ type: tcp, interval: 20s }, { type: icmp }')), [
    'services.web.backends.a.checks[0]: interval 10s -> 20s',
    'services.web.backends.a.checks[1]: added (icmp)',
  ]);
});

test('a secret that changes is told, not shown', (t) => {
  const login = (password: string): string =>
    web(`{ name: a, address: 10.0.0.2, checks: [{ type: radius, username: u, password: ${password}, secret: s }] }`);
  t.deepEqual(diff(login('hunter2'), login('hunter3')), [
    'services.web.backends.a.checks[0]: password changed (not shown)',
  ]);
  const component = (url: string): string => `health: { components: [{ name: db, type: postgres, url: "${url}" }] }`;
  t.deepEqual(diff(component('postgres://u:hunter2@h/a'), component('postgres://u:hunter3@h/a')), [
    'health.components.db: url changed (not shown)',
  ]);
  t.deepEqual(diff(component('postgres://u:hunter2@h/a'), component('postgres://u:hunter2@g/a')), [
    'health.components.db: url postgres://***:***@h/*** -> postgres://***:***@g/***',
  ]);
});

test('a configuration differs from itself in nothing, and from another in something', (t) => {
  fc.assert(
    fc.property(validDocument, validDocument, (left, right) => {
      const [before, after] = [fromValue(left).config, fromValue(right).config];
      t.deepEqual(diffConfig(before, before), []);
      const sorted = (document: typeof left): string => JSON.stringify(fromValue(document).config);
      if (sorted(left) !== sorted(right)) t.true(diffConfig(before, after).length > 0);
    }),
    { numRuns: 100, seed: SEED },
  );
});
