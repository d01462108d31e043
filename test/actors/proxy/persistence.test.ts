/** Whom persistence takes for the same client. */
import test from 'ava';
import { Balancer } from '../../../src/actors/proxy/balancer.js';
import { ns } from '../../../src/model/units.js';
import { destinationAt, serviceAt } from '../../support/rigs/proxy-rig.js';

const persistent = { persistenceNs: ns(60e9), scheduler: 'rr' };
const balancerOf = (persistenceNetmask?: number) => {
  const service = serviceAt(80, { ...persistent, ...(persistenceNetmask === undefined ? {} : { persistenceNetmask }) });
  const balancer = new Balancer(service, () => ns(0));
  balancer.set(destinationAt(1001));
  balancer.set(destinationAt(1002));
  return balancer;
};
const picks = (balancer: Balancer, ...clients: readonly string[]) =>
  clients.map((address) => balancer.pick({ address, port: 5000 })?.key);

test('each client by itself stays on its destination', (t) => {
  const [one, other, again] = picks(balancerOf(), '10.1.1.1', '10.1.1.2', '10.1.1.1');
  t.not(one, other);
  t.is(again, one);
});

test('clients of one net stay together, of IPv4 and of IPv6', (t) => {
  const [one, near, far] = picks(balancerOf(0xffffff00), '10.1.1.1', '10.1.1.2', '10.1.2.1');
  t.is(near, one);
  t.not(far, one);
  const [six, near6, far6] = picks(balancerOf(64), '2001:db8::1', '2001:db8::2:1', '2001:db8:0:1::1');
  t.is(near6, six);
  t.not(far6, six);
});

test('another net begins anew', (t) => {
  const balancer = balancerOf(0xffffff00);
  const [one] = picks(balancer, '10.1.1.1');
  balancer.configure(serviceAt(80, persistent));
  const [first, second] = picks(balancer, '10.1.1.8', '10.1.1.9');
  t.not(first, second);
  t.truthy(one);
});
