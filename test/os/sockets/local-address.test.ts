import { isIP } from 'node:net';
import test from 'ava';
import { localAddressTowards } from '../../../src/os/sockets/local-address.js';

test('the way to the loopback net is from the loopback address', (t) => {
  t.is(localAddressTowards('127.0.0.1'), '127.0.0.1');
  t.is(localAddressTowards('127.1.2.3'), '127.0.0.1');
  // Whether this machine has IPv6 or not.
  t.true(['::1', null].includes(localAddressTowards('::1')));
});

test('what is no address, or cannot be reached, has none', (t) => {
  t.is(localAddressTowards('web'), null);
  const far = localAddressTowards('192.0.2.1');
  t.true(far === null || isIP(far) === 4);
});
