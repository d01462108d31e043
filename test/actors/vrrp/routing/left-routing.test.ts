import test from 'ava';
import { routesOf, rulesOf } from '../../../../src/actors/vrrp/routing/kernel-routing.js';
import { leftRouting, routingTexts } from '../../../../src/actors/vrrp/routing/left-routing.js';
import { route, rule, testConfig } from '../../../support/fixtures/vrrp-config.js';

const { vrrp: config } = testConfig({
  instances: [
    {
      routes: [route('10.9.0.0/16', { table: 100 }), route('2001:db8::/32')],
      rules: [rule({ from: { address: '10.0.0.1', prefixLength: 32 }, table: 100 })],
    },
  ],
});
const { vrrp: empty } = testConfig({ instances: [{}] });
const own = {
  routes: config.instances.flatMap(routesOf),
  rules: config.instances.flatMap(rulesOf),
};
const nothing = { routes: [], rules: [] };

test('what bears our mark and is configured was left behind: rules go before the routes that they lead to', (t) => {
  t.deepEqual(
    leftRouting(() => own, nothing, config).map(({ kind, op }) => `${op} ${kind}`),
    ['remove rule', 'remove route', 'remove route'],
  );
});

test('what left the configuration since is found by the journal', (t) => {
  const { routes, rules } = routingTexts(config);
  t.is(leftRouting(() => own, { routes, rules: [] }, empty).length, 2);
  t.is(leftRouting(() => own, { routes: [], rules }, empty).length, 1);
});

test('what neither knows is another Fulcrum’s', (t) => {
  const other = { routes: ['10.1.0.0/16 table 1 metric 0'], rules: [] };
  t.deepEqual(
    leftRouting(() => own, other, empty),
    [],
  );
});

test('where nothing can be left, the kernel is not asked', (t) => {
  t.deepEqual(
    leftRouting(
      () => {
        throw new Error('asked');
      },
      nothing,
      empty,
    ),
    [],
  );
});

test('an IPv6 route without a metric is known by the one that the kernel gives it', (t) => {
  t.deepEqual(routingTexts(config).routes, ['10.9.0.0/16 table 100 metric 0', '2001:db8::/32 table 254 metric 1024']);
});
