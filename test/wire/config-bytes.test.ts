import test from 'ava';
import { packConfig, unpackConfig } from '../../src/wire/config-bytes.js';
import { parse } from '../config/support.js';

const shared = `
checks:
  big: { type: http, method: POST, body: ${'x'.repeat(60_000)} }
services:
- { name: a, address: 10.0.0.1, port: 80, checks: [big], backends: [${many(500, 'checks: [big]')}] }
- { name: b, address: 10.0.0.2, port: 80, checks: [{ type: tcp, send: "a\\0b" }], backends: [${many(500, 'weight: 2')}] }
`;

function many(count: number, more: string): string {
  return Array.from({ length: count }, (_, index) => `{ address: 10.1.${index >> 8}.${index & 255}, ${more} }`).join();
}

test('a configuration comes back as it was, and its shared checks are written once', (t) => {
  const { config } = parse(shared);
  const bytes = packConfig(config);
  t.true(bytes.length < 1_000_000, `${bytes.length} bytes`);
  const back = unpackConfig(bytes);
  t.deepEqual(back, config);
  const [first, last] = [back.services[0]?.backends[0]?.checks[0], back.services[0]?.backends[499]?.checks[0]];
  t.truthy(first);
  t.is(first, last);
});

test('equal checks of many backends are one object', (t) => {
  const { config } = parse(`
services:
- { name: a, address: 10.0.0.1, port: 80, backends: [${many(3, 'checks: [{ type: tcp, send: hello }, { type: icmp }]')}] }
`);
  const [first, second] = config.services[0]?.backends ?? [];
  t.is(first?.checks[0], second?.checks[0]);
  t.is(first?.checks[1], second?.checks[1]);
  t.not(first?.checks[0], first?.checks[1]);
});
