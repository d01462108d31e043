import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';
import {
  DOOR_LIMITS,
  MAX_BODY_BYTES,
  MAX_EVENT_CLIENTS,
  MAX_HEADER_BYTES,
  MAX_UNSENT_BYTES,
  REQUESTS_IN_FLIGHT,
} from '../../../src/actors/gateway/listeners/listener-limits.js';
import { eventTypes } from '../../../src/model/observing/events.js';

const api = readFileSync('docs/api.md', 'utf8');

test('docs/api.md and docs/metrics.md have what the code has, as scripts/reference-docs.mjs writes it', (t) => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/reference-docs.mjs', '--check'], {
    encoding: 'utf8',
  });
  t.is(status, 0, stderr);
});

test('docs/api.md names every problem code that the code has', (t) => {
  const files = ['http/app', 'listeners/guard', 'http/problem', 'event-hub', 'http/event-routes', 'http/change-routes'];
  for (const file of files) {
    const source = readFileSync(`src/actors/gateway/${file}.ts`, 'utf8');
    for (const [code] of source.matchAll(/'ERR_(?!HTTP)[A-Z_]+'/g))
      t.true(api.includes(code.replaceAll("'", '')), code);
  }
});

test('docs/api.md and the dashboard know every type of event', (t) => {
  const dashboard = readFileSync('dashboard/live.js', 'utf8');
  for (const type of eventTypes) {
    t.true(api.includes(`\`${type}\``), type);
    t.true(dashboard.includes(`'${type}'`), type);
  }
});

test('docs/api.md tells the limits as they are', (t) => {
  const told = api.replace(/\s+/g, ' ');
  for (const sentence of [
    `Bodies of ${MAX_BODY_BYTES / 1024 ** 2} MiB, headers of ${MAX_HEADER_BYTES / 1024} KiB`,
    `${DOOR_LIMITS.connections.total} connections (${DOOR_LIMITS.connections.perClient} of a client), ${REQUESTS_IN_FLIGHT.total} requests at once (${REQUESTS_IN_FLIGHT.perClient} of a client), ${MAX_UNSENT_BYTES / 1024 ** 2} MiB of answers`,
    `${MAX_EVENT_CLIENTS} followers of the event stream`,
    `within ${DOOR_LIMITS.headersTimeoutMs / 1000} s and a request within ${DOOR_LIMITS.requestTimeoutMs / 1000} s`,
    `nothing moves for ${DOOR_LIMITS.idleTimeoutMs / 1000} s`,
  ]) {
    t.true(told.includes(sentence), sentence);
  }
});
