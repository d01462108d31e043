import test from 'ava';
import { fwmarksOf, Marks } from '../../../src/actors/engine/marks.js';
import type { BackendConfig, ServiceConfig } from '../../../src/config/model.js';
import { PROBE_PREFIX } from '../../../src/dataplane/table.js';
import { port } from '../../../src/wire/units.js';
import { backend, service } from '../../support/service-fixture.js';

const at = (last: number): BackendConfig => backend(`b${last}`, last);
const matching = (match: ServiceConfig['match']): ServiceConfig => service('web', [], { match, forwarding: 'dsr' });
const web = matching({ kind: 'address', address: '10.0.0.100', port: port(80), protocol: 'tcp' });

test('a probe’s mark gives way to a service of the configuration that has the same one', (t) => {
  const marks = new Marks();
  marks.begin(new Set());
  const [first, second] = [marks.markOf(web, at(1), 'dsr'), marks.markOf(web, at(2), 'dsr')];
  t.deepEqual(marks.prune(), []);

  const reserved = fwmarksOf([web, matching({ kind: 'fwmark', fwmark: first, family: 'ipv4', protocol: 'tcp' })]);
  t.deepEqual([...reserved], [first]);
  marks.begin(reserved);
  const moved = marks.markOf(web, at(1), 'dsr');
  t.not(moved, first);
  t.is(marks.markOf(web, at(1), 'dsr'), moved, 'within a round it stays');
  t.is(marks.markOf(web, at(2), 'dsr'), second);
  t.deepEqual(marks.prune(), [`${PROBE_PREFIX}${first}`]);
  t.deepEqual(
    marks.services().map(({ name }) => name),
    [`${PROBE_PREFIX}${moved}`, `${PROBE_PREFIX}${second}`],
  );

  marks.begin(reserved);
  t.is(marks.markOf(web, at(1), 'dsr'), moved);
  t.deepEqual(marks.prune(), [`${PROBE_PREFIX}${second}`]);
});
