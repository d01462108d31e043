import test from 'ava';
import { partsOf, serviceOfPart } from '../../../src/model/dataplane/service-parts.js';
import { port } from '../../../src/model/units.js';
import { service } from '../../support/fixtures/service.js';

const places = (more: Parameters<typeof service>[2]) =>
  partsOf(service('web', [], more)).map(({ name, match }) => [name, match.kind === 'address' ? match.port : null]);

test('a service is a part for each of its addresses and ports, the first of which has its name', (t) => {
  t.deepEqual(places({}), [['web', 80]]);
  t.deepEqual(places({ addresses: ['10.0.0.100', '10.0.0.101-102'], ports: [port(80), port(443)] }), [
    ['web', 80],
    ['web/10.0.0.100:443', 443],
    ['web/10.0.0.101:80', 80],
    ['web/10.0.0.101:443', 443],
    ['web/10.0.0.102:80', 80],
    ['web/10.0.0.102:443', 443],
  ]);
  t.deepEqual(places({ ports: [port(80), port(81)] }), [
    ['web', 80],
    ['web/10.0.0.100:81', 81],
  ]);
  t.deepEqual(places({ addresses: ['10.0.0.100', '2001:db8::1'] }), [
    ['web', 80],
    ['web/[2001:db8::1]:80', 80],
  ]);
  t.deepEqual(
    partsOf(service('m', [], { match: { kind: 'fwmark', fwmark: 7, family: 'ipv4', protocol: 'tcp' } })).length,
    1,
  );
});

test('a part tells whose it is', (t) => {
  for (const name of ['web', 'web/10.0.0.100:443', 'web/[2001:db8::1]:80']) t.is(serviceOfPart(name), 'web');
  t.is(serviceOfPart('runtime:tcp 10.0.0.1:80'), 'runtime:tcp 10.0.0.1:80');
});
