import test from 'ava';
import { parse, problems } from '../support.js';

const hook = (more: string): string => `hooks: [{ name: tell, on: [service-state], command: [/bin/true], ${more} }]`;

test('a hook is read with its defaults', (t) => {
  t.like(parse(hook('resync: true')).config.hooks[0], {
    name: 'tell',
    names: [],
    to: [],
    format: 'json',
    timeoutNs: 10e9,
    retries: 3,
    user: null,
    resync: true,
  });
});

test('what is told over the network or a pipe is told until it succeeds', (t) => {
  const retriesOf = (way: string) => parse(`hooks: [{ name: tell, on: [alarm], ${way} }]`).config.hooks[0]?.retries;
  t.is(retriesOf('url: "https://chat.example/hook"'), null);
  t.is(retriesOf('fifo: /run/fifo'), null);
  t.is(retriesOf('mail: { url: "smtp://mail.example", from: a@b.example, to: [c@d.example] }, retries: 5'), 5);
});

const errors: readonly (readonly [title: string, text: string, expected: RegExp])[] = [
  [
    'one without events',
    'hooks: [{ name: a, on: [], command: [/bin/true] }]',
    /hooks\[0\]\.on: .* is never told anything/,
  ],
  [
    'an event that there is not',
    'hooks: [{ name: a, on: [weather], command: [/bin/true] }]',
    /hooks\[0\]\.on\[0\]: 'weather' is not allowed: one of vrrp-transition, /,
  ],
  [
    'a program without its folder',
    'hooks: [{ name: a, on: [alarm], command: [notify.sh] }]',
    /hooks\[0\]\.command: a command begins with the absolute path/,
  ],
  ['no command', 'hooks: [{ name: a, on: [alarm], command: [] }]', /hooks\[0\]\.command: a command begins/],
  [
    'what keepalived has no word for',
    'hooks: [{ name: a, on: [vrrp-transition, alarm], command: [/bin/true], format: keepalived }]',
    /hooks\[0\]\.on\[1\]: keepalived has no word for 'alarm': vrrp-transition, /,
  ],
  ['no way', 'hooks: [{ name: a, on: [alarm] }]', /hooks\[0\]: missing: a hook needs one of command, url, fifo, mail/],
  [
    'two ways',
    'hooks: [{ name: a, on: [alarm], command: [/bin/true], fifo: /run/fifo }]',
    /hooks\[0\]: a hook has one of command and fifo: make one for each/,
  ],
  [
    'an option of another way',
    'hooks: [{ name: a, on: [alarm], fifo: /run/fifo, user: nobody, headers: { a: b } }]',
    /hooks\[0\]\.user: this has no effect on a hook with fifo: it belongs to command/,
  ],
  [
    "keepalived's words for a post",
    'hooks: [{ name: a, on: [vrrp-transition], url: "http://h", format: keepalived }]',
    /hooks\[0\]\.format: keepalived has no words for a url: json is allowed/,
  ],
  [
    'a mail to nobody',
    'hooks: [{ name: a, on: [alarm], mail: { url: "smtp://h", from: a@b, to: [] } }]',
    /hooks\[0\]\.mail\.to: missing: a mail needs a recipient/,
  ],
  [
    'an address that would be two headers',
    'hooks: [{ name: a, on: [alarm], mail: { url: "smtp://h", from: "a@b\\nBcc: c@d", to: [e@f] } }]',
    /hooks\[0\]\.mail\.from: /,
  ],
  [
    'two of one name',
    'hooks: [{ name: a, on: [alarm], command: [/bin/true] }, { name: a, on: [alarm], command: [/bin/true] }]',
    /hooks\[1\]\.name: the name 'a' is taken by hooks\[0\]\.name/,
  ],
];
for (const [title, text, expected] of errors) {
  test(`refuses ${title}`, (t) => {
    const found = problems(text);
    t.true(
      found.some((line) => expected.test(line)),
      `found:\n${found.join('\n')}`,
    );
  });
}
