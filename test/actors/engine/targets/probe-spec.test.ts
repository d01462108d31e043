import test from 'ava';
import { probeSpecOf } from '../../../../src/actors/engine/targets/probe-spec.js';
import { port } from '../../../../src/model/units.js';
import { dnsCheck } from '../../../support/fixtures/checks.js';
import { backend, service } from '../../../support/fixtures/service.js';

test('the target of a dns check has the port that is asked: its server_port, then its port, then the backend’s', (t) => {
  const one = backend('one', 1);
  const portFor = (options: Partial<typeof dnsCheck>) =>
    probeSpecOf(service('web', [one]), one, { ...dnsCheck, ...options }, () => 0).port;
  t.is(portFor({ port: port(5300), serverPort: port(5353) }), 5353);
  t.is(portFor({ serverPort: port(5353) }), 5353);
  t.is(portFor({ port: port(5300) }), 5300);
  t.is(portFor({}), one.port);
});
