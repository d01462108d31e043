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
