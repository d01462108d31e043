import test from 'ava';
import { TrackedFacts } from '../../../src/actors/vrrp/tracked-facts.js';
import type { TrackedScript } from '../../../src/model/config.js';
import { nsFromMs } from '../../../src/model/units.js';
import { testVrrp } from '../../support/fixtures/vrrp-config.js';

const script = (initially: TrackedScript['initially']): TrackedScript => ({
  command: ['/bin/true'],
  intervalNs: nsFromMs(1000),
  timeoutNs: nsFromMs(1000),
  rise: 1,
  fall: 1,
  user: null,
  initially,
});
const tell = (up: boolean, why = '') => ({ kind: 'tracked', thing: 'script', name: 'chk', up, value: 0, why }) as const;

test('before anything is told, the configuration says what a script is', (t) => {
  const facts = new TrackedFacts();
  facts.configure({ ...testVrrp, scripts: { a: script('good'), b: script('bad'), c: script('unknown') } });
  t.like(facts.fact('script', 'a'), { up: true });
  t.like(facts.fact('script', 'b'), { up: false });
  t.is(facts.fact('script', 'c'), null);
  t.is(facts.fact('process', 'a'), null);
});

test('what was told last holds, and only a change is news', (t) => {
  const facts = new TrackedFacts();
  facts.configure({ ...testVrrp, scripts: { chk: script('bad') } });
  t.true(facts.hear(tell(true, 'exit code 0')));
  t.false(facts.hear(tell(true, 'exit code 0')));
  t.true(facts.hear(tell(false, 'exit code 1')));
  t.true(facts.hear(tell(false, 'exit code 2')));
  facts.configure({ ...testVrrp, scripts: { chk: script('good') } });
  t.deepEqual(facts.fact('script', 'chk'), { up: false, value: 0, why: 'exit code 2' });
  t.true(facts.hear({ kind: 'service-health', service: 'chk', healthy: true }));
  t.false(facts.hear({ kind: 'service-health', service: 'chk', healthy: true }));
  t.true(facts.serviceHealthy('chk'));
  t.is(facts.serviceHealthy('web'), null);
});

test('what leaves the configuration is forgotten', (t) => {
  const facts = new TrackedFacts();
  facts.configure({ ...testVrrp, scripts: { chk: script('unknown') } });
  facts.hear(tell(true));
  facts.configure(testVrrp);
  t.is(facts.fact('script', 'chk'), null);
});
