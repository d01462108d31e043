import test from 'ava';
import fc from 'fast-check';
import { HIDDEN, hideLogins, redactionFor, redactionOf } from '../../../src/wire/secrets/redaction.js';
import { secretsIn, secretsOfUrl } from '../../../src/wire/secrets/secret-fields.js';

const SEED = 20_260_731;
const hide = (secret: string, text: string): string => redactionFor([secret]).text(text);
const nearby = (document: object, text: string): string => redactionOf(secretsIn(document)).text(text);

test('a secret is hidden wherever it stands, and nothing else is', (t) => {
  t.is(hide('hunter2', 'hunter2 and hunter2, not hunter3'), '*** and ***, not hunter3');
  t.is(hide('hunter2', 'no secret here'), 'no secret here');
  t.is(redactionFor([]).text('hunter2'), 'hunter2');
  t.is(redactionFor(['abcd', 'abcdef']).text('abcdefg'), '***g', 'the longest counts');
});

test('a secret is hidden in each spelling of what encodes texts', (t) => {
  const text = fc.string({ minLength: 6, maxLength: 40, unit: 'grapheme' });
  fc.assert(
    fc.property(text, fc.string({ maxLength: 3 }), (secret, user) => {
      const wellFormed = Buffer.from(secret).toString();
      const spellings = [
        secret,
        encodeURIComponent(wellFormed),
        encodeURIComponent(wellFormed).replaceAll('%20', '+'),
        JSON.stringify(secret).slice(1, -1),
        Buffer.from(secret).toString('latin1'),
      ];
      for (const spelling of spellings) t.is(hide(secret, spelling), HIDDEN, spelling);
      const basic = Buffer.from(`${user}:${secret}`).toString('base64');
      const shown = hide(secret, `Basic ${basic}`);
      t.is(shown, `Basic ${HIDDEN}`);
    }),
    { numRuns: 300, seed: SEED },
  );
});

test('what is too short to be told from other text is left alone', (t) => {
  t.is(hide('abc', 'abc'), 'abc');
  t.is(hide('abcd', 'abcd'), '***');
});

test('a secret that a limit of length has cut in two is hidden in the message of its check', (t) => {
  const check = { password: 'correct-horse-battery' };
  t.is(nearby(check, 'denied: correct-hor...'), 'denied: ***...');
  t.is(nearby(check, 'received "correct-h", expected "OK"'), 'received "***", expected "OK"');
  t.is(nearby(check, 'denied: correct-h'), 'denied: ***');
  t.is(nearby(check, 'a correct-hand answer'), 'a correct-hand answer');
});

test('a name or a word that is sent is hidden as a whole word, in the messages of its check alone', (t) => {
  const secrets = secretsOfUrl('postgres://probe:hunter2@h/shop');
  t.true(secrets.everywhere.has('hunter2'));
  t.false(secrets.everywhere.has('probe'));
  const { text } = { text: (message: string) => redactionOf(secrets).text(message) };
  t.is(text('no password for user "probe", database "shop"'), 'no password for user "***", database "***"');
  t.is(text('probes of workshops'), 'probes of workshops');
});

test('what is sent is hidden by its words, but for those of protocols and of our messages', (t) => {
  const check = { type: 'tcp', send: Buffer.from('EHLO me\r\nAUTH swordfish\r\n') };
  t.is(nearby(check, 'received "AUTH swordfish", expected "OK"'), 'received "***", expected "OK"');
  const http = { send: 'GET / HTTP/1.1\\r\\nConnection: close\\r\\nX-Key: sesame\\r\\n\\r\\n' };
  t.is(nearby(http, 'connection closed: HTTP/1.1 400 sesame'), 'connection closed: HTTP/1.1 400 ***');
});

test('credentials are found in URLs, paths, headers and bodies', (t) => {
  const basic = Buffer.from('me:basic-secret').toString('base64');
  const check = {
    url: 'redis://u%40ser:p%2Fssword@h/0?token=url-token&sslmode=require',
    path: '/hook/a1b2c3d4e5f6a7b8c9?password=path-password',
    headers: { Authorization: `Basic ${basic}`, Cookie: 'sid=cookie-secret; theme=dark', 'X-Api-Key': 'api-secret' },
    body: '{"password":"body-secret"}',
  };
  const found = secretsIn(check).everywhere;
  for (const secret of [
    ...['p%2Fssword', 'p/ssword', 'url-token', 'a1b2c3d4e5f6a7b8c9', 'path-password', 'basic-secret', basic],
    ...['cookie-secret', 'api-secret', 'body-secret'],
  ]) {
    t.true(found.has(secret), secret);
  }
  t.false(found.has('require'));
});

test('a check that many share is read once, and is one secret', (t) => {
  const shared = { type: 'radius', password: 'hunter2', secret: 'hunter2', username: 'me' };
  const backends = Array.from({ length: 100_000 }, (_, index) => ({ name: `b${index}`, checks: [shared] }));
  t.deepEqual([...secretsIn({ services: [{ backends }] }).everywhere], ['hunter2']);
});

test('values are hidden in depth, and an error is told without its own fields', (t) => {
  const error = Object.assign(new TypeError('bad url hunter2'), { input: 'hunter2', code: 'ERR_X' });
  const shown = redactionFor(['hunter2']).value({ list: [{ a: 'hunter2' }], error, count: 1 });
  t.like(shown, {
    list: [{ a: '***' }],
    error: { type: 'TypeError', message: 'bad url ***', code: 'ERR_X' },
    count: 1,
  });
  t.notRegex(JSON.stringify(shown), /hunter2/);
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  t.notThrows(() => redactionFor(['hunter2']).value(circle));
});

test('a login in any URL is hidden', (t) => {
  t.is(hideLogins('no luck at postgres://me:pw@db/x'), 'no luck at postgres://***@db/x');
});

test('a hundred thousand secrets that begin alike, and a long text that looks like a URL everywhere, cost no more than their size', (t) => {
  const secrets = Array.from({ length: 100_000 }, (_, index) => `token-${index}-end`);
  t.is(redactionFor(secrets).text('the token-99999-end is refused'), 'the *** is refused');
  const long = 'a.'.repeat(500_000);
  t.is(hideLogins(long), long);
});
