/** The versions of VRRP, and what each allows. */
import test from 'ava';
import { diffConfig } from '../../../src/config/diff.js';
import { effectiveDocument } from '../../../src/config/document.js';
import { parse, problems } from '../support.js';

const vrrp = (version: 2 | 3, ...options: readonly string[]): string =>
  `vrrp: { version: ${version}, instances: [{ ${[V1, ...options].join(', ')} }] }`;
const V1 = 'name: a, interface: eth0, vrid: 5, addresses: [10.0.0.1]';
const PASSWORD = 'authentication: { type: password, password: s3cr3t }';

test('an instance has the common version, unless it names its own', (t) => {
  const versionsOf = (text: string) => parse(text).config.vrrp.instances.map(({ version }) => version);
  t.deepEqual(versionsOf(`vrrp: { instances: [{ ${V1} }] }`), [3]);
  t.deepEqual(versionsOf(vrrp(2)), [2]);
  t.deepEqual(versionsOf(vrrp(2, 'version: 3')), [3]);
  t.deepEqual(versionsOf(vrrp(3, 'version: 2', 'advert_interval: 255s')), [2]);
});

test('a password is a secret of at most 8 bytes', (t) => {
  const { config } = parse(vrrp(2, PASSWORD));
  t.deepEqual(config.vrrp.instances[0]?.authentication, { type: 'password', password: 's3cr3t' });
  t.notRegex(JSON.stringify(effectiveDocument(config)), /s3cr3t/);
  const other = parse(vrrp(2, PASSWORD.replace('s3cr3t', '0th3r'))).config;
  t.deepEqual(diffConfig(config, other), ['vrrp.instances.a.authentication: password changed (not shown)']);
});

const HMAC = (over = '') =>
  `authentication: { type: hmac, keys: { 1: "hex:${'ab'.repeat(32)}", 200: "${'plain-s3cr3t'.repeat(3)}" }, active: 1${over} }`;

test('an HMAC has keys, which are secrets, and defaults as keepalived', (t) => {
  const { config } = parse(vrrp(3, HMAC()));
  t.deepEqual(config.vrrp.instances[0]?.authentication, {
    type: 'hmac',
    keys: { 1: `hex:${'ab'.repeat(32)}`, 200: 'plain-s3cr3t'.repeat(3) },
    active: 1,
    mode: 'enforce',
    antiReplay: 'time',
    timeWindowNs: null,
  });
  t.notRegex(JSON.stringify(effectiveDocument(config)), /abab|s3cr3t/);
  t.deepEqual([...config.secrets], [`hex:${'ab'.repeat(32)}`, 'plain-s3cr3t'.repeat(3)]);
  const other = parse(vrrp(3, HMAC(', time_window: 9s, mode: permissive').replaceAll('ab', 'cd'))).config;
  const changes = diffConfig(config, other).join('\n');
  t.notRegex(changes, /abab|cdcd/);
  t.regex(changes, /mode enforce -> permissive/);
});

for (const [title, text, expected] of [
  ['a version that nobody knows', vrrp(2, 'version: 4'), /'4'|4 is not a VRRP version: 2 or 3 is allowed/],
  ['IPv6', vrrp(2).replace('10.0.0.1', '"fe80::1"'), /version: version 2 is for IPv4 alone: write 'version: 3'/],
  [
    'a part of a second in version 2',
    vrrp(2, 'advert_interval: 1500ms'),
    /advert_interval: '1s 500ms' is not a whole number of seconds, which version 2 counts in: 1s to 255s are allowed/,
  ],
  ['the same below a second', vrrp(2, 'advert_interval: 100ms'), /'100ms' is not a whole number of seconds/],
  [
    'an interval that version 3 cannot tell',
    vrrp(3, 'advert_interval: 41s'),
    /advert_interval: '41s' is too long: 10ms to 40s 950ms are allowed/,
  ],
  ['the Seesaw dialect in version 2', vrrp(2, 'dialect: seesaw'), /dialect: the dialect seesaw is one of version 3/],
  [
    'a checksum that version 2 does not have',
    vrrp(2, 'checksum: pseudo-header'),
    /checksum: version 2 has its checksum over the message alone: auto or message is allowed/,
  ],
  ['a password in version 3', vrrp(3, PASSWORD), /authentication: version 3 has no password/],
  [
    'a password of 9 bytes',
    vrrp(2, PASSWORD.replace('s3cr3t', 's3cr3t789')),
    /password: this is not a password of version 2: text of 1 to 8 characters is allowed/,
  ],
  [
    'the same in 8 characters',
    vrrp(2, PASSWORD.replace('s3cr3t', 's3cr3té8')),
    /password: this is not a password of version 2: text of at most 8 bytes in UTF-8 is allowed/,
  ],
  ['a key that is not there', vrrp(3, HMAC().replace('active: 1', 'active: 2')), /there is no key 2: there are 1, 200/],
  ['a key id of 0', vrrp(3, HMAC().replace('200:', '0:')), /'0' is not a key id: 1 to 255 are allowed/],
  ['a key id of 256', vrrp(3, HMAC().replace('200:', '256:')), /'256' is not a key id: 1 to 255 are allowed/],
  [
    'a short key',
    vrrp(3, HMAC().replace('abab', 'ab')),
    /this is not a key: hex: and two digits for each of 32 to 64 bytes/,
  ],
  ['a key in a file', vrrp(3, HMAC().replace('hex:', 'file:/')), /this is not a key/],
  ['a window of an hour', vrrp(3, HMAC(', time_window: 1h')), /time_window: '1h' is too long: 1s to 5m are allowed/],
  ['an HMAC in the Seesaw dialect', vrrp(3, 'dialect: seesaw', HMAC()), /the dialect seesaw have no authentication/],
  ['an unknown kind of authentication', vrrp(2, 'authentication: { type: ah }'), /authentication is a map with a type/],
] as const) {
  test(`refused: ${title}`, (t) => {
    t.regex(problems(text).join('\n'), expected);
  });
}
