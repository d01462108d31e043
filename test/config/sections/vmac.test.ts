/** The virtual MAC address of an instance: what it is where little is written. */
import test from 'ava';
import { effectiveDocument } from '../../../src/config/document.js';
import { fromValue, parse } from '../support.js';

const vmacOf = (options: string, address = '10.0.0.1') => {
  const text = `vrrp: { instances: [{ name: a, interface: eth0, vrid: 5, addresses: ["${address}"]${options} }] }`;
  return parse(text).config.vrrp.instances[0]?.vmac;
};

test('there is none unless one is asked for', (t) => {
  t.is(vmacOf(''), false);
  t.is(vmacOf(', vmac: false'), false);
});

test('its interface has the VRID in its name, and the family where it is IPv6', (t) => {
  t.deepEqual(vmacOf(', vmac: true'), { interface: 'vrrp.5', transmit: 'vmac' });
  t.deepEqual(vmacOf(', vmac: true', '2001:db8::1'), { interface: 'vrrp6.5', transmit: 'vmac' });
  t.deepEqual(vmacOf(', vmac: { interface: vip0 }'), { interface: 'vip0', transmit: 'vmac' });
  t.deepEqual(vmacOf(', vmac: {}'), { interface: 'vrrp.5', transmit: 'vmac' });
});

test('adverts leave by it, unless they are unicast or it says otherwise', (t) => {
  t.deepEqual(vmacOf(', vmac: { transmit: base }'), { interface: 'vrrp.5', transmit: 'base' });
  t.deepEqual(vmacOf(', vmac: true, mode: unicast, peers: [10.0.0.3]'), { interface: 'vrrp.5', transmit: 'base' });
});

test('what is shown as effective may be written as it is', (t) => {
  for (const vmac of ['false', 'true', '{ interface: vip0, transmit: base }']) {
    const text = `vrrp: { instances: [{ name: a, interface: eth0, vrid: 5, addresses: [10.0.0.1], vmac: ${vmac} }] }`;
    const { config } = parse(text);
    t.deepEqual(fromValue({ vrrp: effectiveDocument(config)['vrrp'] }).config.vrrp, config.vrrp);
  }
});
