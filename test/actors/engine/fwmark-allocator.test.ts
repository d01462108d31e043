import test from 'ava';
import { FwmarkAllocator, fwmarksOf } from '../../../src/actors/engine/fwmark-allocator.js';
import type { BackendConfig, ServiceConfig } from '../../../src/model/config.js';
import { PROBE_PREFIX } from '../../../src/model/dataplane/table.js';
import { port } from '../../../src/model/units.js';
import { backend, service } from '../../support/fixtures/service.js';

const at = (last: number): BackendConfig => backend(`b${last}`, last);
const matching = (match: ServiceConfig['match']): ServiceConfig => service('web', [], { match, forwarding: 'dsr' });
const web = matching({ kind: 'address', address: '10.0.0.100', port: port(80), protocol: 'tcp' });

test('a probe’s mark gives way to a service of the configuration that has the same one', (t) => {
  const fwmarks = new FwmarkAllocator();
  fwmarks.begin(new Set());
  const [first, second] = [fwmarks.markOf(web, at(1), 'dsr'), fwmarks.markOf(web, at(2), 'dsr')];
  t.deepEqual(fwmarks.prune(), []);

  const reserved = fwmarksOf([web, matching({ kind: 'fwmark', fwmark: first, family: 'ipv4', protocol: 'tcp' })]);
  t.deepEqual([...reserved], [first]);
  fwmarks.begin(reserved);
  const moved = fwmarks.markOf(web, at(1), 'dsr');
  t.not(moved, first);
  t.is(fwmarks.markOf(web, at(1), 'dsr'), moved, 'within a round it stays');
  t.is(fwmarks.markOf(web, at(2), 'dsr'), second);
  t.deepEqual(fwmarks.prune(), [`${PROBE_PREFIX}${first}`]);
  t.deepEqual(
    fwmarks.services().map(({ name }) => name),
    [`${PROBE_PREFIX}${moved}`, `${PROBE_PREFIX}${second}`],
  );

  fwmarks.begin(reserved);
  t.is(fwmarks.markOf(web, at(1), 'dsr'), moved);
  t.deepEqual(fwmarks.prune(), [`${PROBE_PREFIX}${second}`]);
});
