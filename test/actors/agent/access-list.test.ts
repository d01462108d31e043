import test from 'ava';
import { parseAccessList } from '../../../src/actors/agent/access-list.js';

const allowed = (rules: string[], addresses: string[]) => {
  const list = parseAccessList(rules);
  return addresses.filter((address) => list.allows(address));
};
const addresses = [
  ...['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'],
  ...['10.1.2.3', '172.16.0.1', '172.32.0.1', '192.168.9.9', 'fd00::1', '::ffff:10.0.0.1'],
  ...['169.254.169.254', 'fe80::1%eth0', '0.0.0.0', '::', '8.8.8.8', '2001:db8::1', '::ffff:8.8.8.8'],
];

test('any is everything', (t) => {
  t.deepEqual(allowed(['any'], addresses), addresses);
  t.true(parseAccessList(['loopback', 'any']).any);
});

test('loopback is this machine', (t) => {
  t.deepEqual(allowed(['loopback'], addresses), ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']);
});

test('private is RFC 1918 and RFC 4193, not link-local', (t) => {
  t.deepEqual(allowed(['private'], addresses), [
    ...['10.1.2.3', '172.16.0.1', '192.168.9.9', 'fd00::1', '::ffff:10.0.0.1'],
  ]);
});

test('networks and single addresses', (t) => {
  t.deepEqual(allowed(['8.8.0.0/16', '2001:db8::/32', 'fe80::/10', '0.0.0.0'], addresses), [
    ...['fe80::1%eth0', '0.0.0.0', '8.8.8.8', '2001:db8::1', '::ffff:8.8.8.8'],
  ]);
});

test('no rule allows nobody, and what is no address is never allowed', (t) => {
  t.deepEqual(allowed([], addresses), []);
  t.deepEqual(allowed(['private'], ['', 'localhost', '10.0.0.1.example', '/run/x.sock']), []);
});

test('a wrong rule is named', (t) => {
  for (const rule of [
    'lan',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::1/129',
    '',
    '/8',
    '10.0.0/8',
    '__proto__',
  ]) {
    t.throws(() => parseAccessList([rule]), { instanceOf: RangeError, message: /is no rule: write any/ }, rule);
  }
});
