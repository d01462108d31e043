import test from 'ava';
import { advertFamily, advertisedAddresses, virtualAddresses } from '../../../src/machines/vrrp/virtual-addresses.js';
import { addressText } from '../../../src/model/ip-address.js';
import { type InstanceInit, testInstance } from '../../support/fixtures/vrrp-config.js';

const installed = (init: InstanceInit) => virtualAddresses(testInstance(init)).map(({ text }) => text);
const advertised = (init: InstanceInit) => advertisedAddresses(testInstance(init)).map(addressText);

test('IPv4 addresses are installed and advertised as they are configured', (t) => {
  const init = { vips: ['10.0.0.100/24', '10.0.0.101/32'] };
  t.deepEqual(installed(init), init.vips);
  t.deepEqual(advertised(init), ['10.0.0.100', '10.0.0.101']);
});

test('RFC 9568 5.2.9: an IPv6 instance without a link-local address gets the one of its virtual MAC', (t) => {
  const init = { vrid: 7, vips: ['2001:db8::7/64'] };
  t.deepEqual(installed(init), ['fe80::200:5eff:fe00:207/64', '2001:db8::7/64']);
  t.deepEqual(advertised(init), ['fe80::200:5eff:fe00:207', '2001:db8::7']);
});

test('RFC 9568 5.2.9: a configured link-local address is advertised first, wherever it stands', (t) => {
  t.deepEqual(advertised({ vips: ['2001:db8::7/64', 'fe80::77/64'] }), ['fe80::77', '2001:db8::7']);
});

test('RFC 9568 5.2.9: addresses of the other family are installed, and not advertised', (t) => {
  const init = { vips: ['10.0.0.100/24', '2001:db8::7/64'] };
  t.deepEqual(installed(init), init.vips);
  t.deepEqual(advertised(init), ['10.0.0.100']);
});

test('the Seesaw dialect advertises no addresses', (t) => {
  t.deepEqual(advertised({ vips: ['10.0.0.100/32'], dialect: 'seesaw' }), []);
  t.deepEqual(installed({ vips: ['2001:db8::7/64'], dialect: 'seesaw' }), ['2001:db8::7/64']);
});

test('without addresses the family is that of the source, or of the first peer', (t) => {
  t.is(advertFamily(testInstance({})), 'ipv4');
  t.is(advertFamily(testInstance({ source: 'fe80::1' })), 'ipv6');
  t.is(advertFamily(testInstance({ peers: ['2001:db8::2'] })), 'ipv6');
});
