/** Documents below the size limit that cost a reader as much as their author could think of. */

export type HostileDocument = {
  readonly title: string;
  readonly type: 'application/yaml' | 'application/json' | 'application/toml';
  /** What a plan of it is answered with. */
  readonly status: 200 | 422;
  /** Made when it is needed: together they are a hundred megabytes. */
  readonly text: () => string;
};

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const address = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

const servicesOf = (count: number, backends: number, more: object = {}): object => ({
  services: many(count, (at) => ({
    name: `s${at}`,
    address: '192.0.2.1',
    port: 1 + at,
    checks: [{ type: 'tcp', interval: '5s' }],
    backends: many(backends, (index) => ({
      name: `b${at * backends + index}`,
      address: address(at * backends + index),
      port: 8080,
      ...more,
    })),
  })),
});

const yamlServices = (count: number, backends: number): string =>
  `services:\n${many(count, (at) => {
    const list = many(backends, (index) => {
      const number = at * backends + index;
      return `  - name: b${number}\n    address: ${address(number)}\n    port: 8080\n    weight: 1\n`;
    });
    const checks = '  checks:\n  - type: tcp\n    interval: 5s\n';
    return `- name: s${at}\n  address: 192.0.2.1\n  port: ${1 + at}\n${checks}  backends:\n${list.join('')}`;
  }).join('')}`;

/** One check with a large body, in the lists of 6,000 backends. */
function sharedBodies(): string {
  const check = `{ type: http, method: POST, body: "${'x'.repeat(60_000)}" }`;
  const list = `&k [&c ${check}, *c, *c, *c, *c, *c, *c, *c]`;
  const backends = many(6000, (at) => `  - {address: 10.0.0.1, port: ${at + 1}, checks: ${at === 0 ? list : '*k'}}\n`);
  return `services:\n- name: s\n  address: 192.0.2.1\n  port: 80\n  backends:\n${backends.join('')}`;
}

const json = 'application/json';
const yaml = 'application/yaml';

export const hostileDocuments: readonly HostileDocument[] = [
  { title: '100,000 backends, JSON', type: json, status: 200, text: () => JSON.stringify(servicesOf(100, 1000)) },
  { title: '100,000 backends, YAML', type: yaml, status: 200, text: () => yamlServices(100, 1000) },
  {
    title: '300,000 wrong services',
    type: json,
    status: 422,
    text: () => JSON.stringify({ services: many(300_000, (wrong) => ({ wrong })) }),
  },
  {
    title: '20,000 backends with ten unknown keys each',
    type: json,
    status: 422,
    text: () => JSON.stringify(servicesOf(20, 1000, Object.fromEntries(many(10, (at) => [`unknown_${at}`, at])))),
  },
  {
    title: '50,000 unknown custom checks',
    type: json,
    status: 422,
    text: () => JSON.stringify(servicesOf(50, 1000, { checks: [{ type: 'custom', name: 'not-there' }] })),
  },
  {
    title: '1,900,000 comments',
    type: yaml,
    status: 422,
    text: () => `${'#\n'.repeat(1_900_000)}node: {}\n`,
  },
  { title: 'shared checks of 60 KB', type: yaml, status: 422, text: sharedBodies },
  { title: 'a key of 15 MB', type: yaml, status: 422, text: () => `"${'k'.repeat(15_000_000)}": 1\n` },
  {
    title: 'a string of 15 MB with escapes',
    type: yaml,
    status: 422,
    text: () => `node: { name: "${'\\x41\\u00e9'.repeat(1_500_000)}" }\n`,
  },
  {
    title: '3,800,000 characters of four bytes',
    type: json,
    status: 422,
    text: () => JSON.stringify({ node: { name: '\u{1F4A5}'.repeat(3_800_000) } }),
  },
  { title: '7,000,000 opening brackets', type: yaml, status: 422, text: () => `services: ${'['.repeat(7_000_000)}` },
  {
    title: '3,000,000 nulls in a list',
    type: yaml,
    status: 422,
    text: () => `services: [${'~,'.repeat(3_000_000)}~]\n`,
  },
  {
    title: '16 MB of TOML tables',
    type: 'application/toml',
    status: 422,
    text: () => many(200_000, (at) => `[[services]]\nname = "s${at}"\nport = ${at}\n`).join(''),
  },
  {
    title: 'a TOML array of 280,000 strings',
    type: 'application/toml',
    status: 422,
    text: () => `[checks]\nx = [${'"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",'.repeat(280_000)}]\n`,
  },
];
