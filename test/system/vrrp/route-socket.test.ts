/** Routes and rules through rtnetlink, in a namespace of its own. */

import { routeOf, ruleOf } from '../../../src/actors/vrrp/routing/kernel-routing.js';
import { Poller } from '../../../src/os/kernel/poller.js';
import { RouteSocket } from '../../../src/os/netlink/route-socket.js';
import { type Route, routeKeyText } from '../../../src/wire/netlink/ip-routes.js';
import { ruleText } from '../../../src/wire/netlink/ip-rules.js';
import { route, rule } from '../../support/fixtures/vrrp-config.js';
import { needs } from '../../support/needs.js';
import { createWire } from '../../support/rigs/vrrp/namespaces.js';

const check = needs('root', 'ip');

check('the kernel keeps the routes of others away, and tells of ours that are gone', (t) => {
  const { a, remove } = createWire();
  t.teardown(remove);
  const routes = a.inside(() => new RouteSocket());
  t.teardown(() => routes.close());
  const poller = new Poller();
  poller.watch([routes.watchFd]);
  const gone = () => (poller.wait(0) === 0 ? 'quiet' : (routes.changes() ?? []).map(({ kind }) => kind));
  routes.changes();
  const [link] = routes.readAll().filter((fact) => fact.kind === 'link' && fact.name === 'wire');
  const index = link?.kind === 'link' ? link.index : 0;

  // Others.
  a.exec('ip', 'route', 'add', '10.1.0.0/16', 'dev', 'wire');
  a.exec('ip', '-6', 'route', 'add', '2001:db8:1::/48', 'dev', 'wire');
  a.exec('ip', 'route', 'del', '10.1.0.0/16');
  a.exec('ip', '-6', 'route', 'del', '2001:db8:1::/48');
  t.is(gone(), 'quiet');

  const own: readonly Route[] = [
    routeOf(route('10.9.0.0/16', { table: 1000 }), index),
    routeOf(route('2001:db8::/32'), index),
    routeOf(route('0.0.0.0/0', { via: '10.77.0.2' }), 0),
  ];
  const rules = [
    ruleOf(rule({ from: { address: '10.9.0.0', prefixLength: 16 }, table: 1000 })),
    ruleOf(rule({ family: 'ipv6', not: true, oif: 'wire', fwmark: 3, tos: 16, table: 7, suppressPrefixLength: 0 })),
  ];
  const change = (op: 'add' | 'remove') =>
    routes.change([
      ...own.map((one) => ({ kind: 'route', op, route: one }) as const),
      ...rules.map((one) => ({ kind: 'rule', op, rule: one }) as const),
    ]);
  t.deepEqual(change('add'), [null, null, null, null, null]);
  t.deepEqual(change('add'), Array<string>(5).fill('EEXIST'));
  const read = routes.readOwn();
  t.deepEqual(read.routes.map(routeKeyText).sort(), own.map(routeKeyText).sort());
  t.deepEqual(read.rules.map(ruleText).sort(), rules.map(ruleText).sort());
  t.deepEqual(gone(), [], 'that rules came is no news');
  t.is(gone(), 'quiet');

  a.exec('ip', 'route', 'del', '10.9.0.0/16', 'table', '1000');
  t.deepEqual(gone(), ['routing-gone']);
  a.exec('ip', '-6', 'rule', 'del', 'priority', '16384');
  t.deepEqual(gone(), ['routing-gone']);

  // A route of others with the same key stays.
  a.exec('ip', 'route', 'add', '10.9.0.0/16', 'dev', 'wire', 'table', '1000');
  t.deepEqual(change('remove'), ['ESRCH', null, null, null, 'ENOENT']);
  t.deepEqual(routes.readOwn(), { routes: [], rules: [] });
});
