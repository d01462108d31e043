import test from 'ava';
import { fwmarksOf, Marks } from '../../../src/actors/engine/marks.js';
import type { BackendConfig, ServiceConfig } from '../../../src/config/model.js';
import { ns, port } from '../../../src/wire/units.js';

const backend = (last: number): BackendConfig => ({
  name: `b${last}`,
  address: `10.0.0.${last}`,
  port: port(80),
  weight: 1,
  maxConnections: 0,
  enabled: true,
  tunnel: null,
  checks: [],
});
const service = (match: ServiceConfig['match']): ServiceConfig => ({
  name: 'web',
  match,
  scheduler: 'rr',
  schedulerFlags: [],
  forwarding: 'dsr',
  persistenceNs: null,
  onePacket: false,
  watermarks: { low: { kind: 'count', count: 0 }, high: { kind: 'count', count: 0 } },
  onUnhealthy: 'remove',
  drainTimeoutNs: ns(1e9),
  sorry: null,
  enabled: true,
  backends: [],
});
const web = service({ kind: 'address', address: '10.0.0.100', port: port(80), protocol: 'tcp' });

test('a probe’s mark gives way to a service of the configuration that has the same one', (t) => {
  const marks = new Marks();
  marks.begin(new Set());
  const [first, second] = [marks.markOf(web, backend(1), 'dsr'), marks.markOf(web, backend(2), 'dsr')];
  t.deepEqual(marks.prune(), []);

  const reserved = fwmarksOf([web, service({ kind: 'fwmark', fwmark: first, family: 'ipv4', protocol: 'tcp' })]);
  t.deepEqual([...reserved], [first]);
  marks.begin(reserved);
  const moved = marks.markOf(web, backend(1), 'dsr');
  t.not(moved, first);
  t.is(marks.markOf(web, backend(1), 'dsr'), moved, 'within a round it stays');
  t.is(marks.markOf(web, backend(2), 'dsr'), second);
  t.deepEqual(marks.prune(), [`probe:${first}`]);
  t.deepEqual(
    marks.services().map(({ name }) => name),
    [`probe:${moved}`, `probe:${second}`],
  );

  marks.begin(reserved);
  t.is(marks.markOf(web, backend(1), 'dsr'), moved);
  t.deepEqual(marks.prune(), [`probe:${second}`]);
});
