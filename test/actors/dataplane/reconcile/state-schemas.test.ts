import test from 'ava';
import { runtimeServicesFile } from '../../../../src/actors/dataplane/reconcile/state-schemas.js';

const destination = { address: '10.0.1.1', port: 80, weight: 1, forwarding: 'nat', maxConnections: 0, tunnel: null };
const service = {
  match: { kind: 'address', address: '10.0.0.1', port: 80, protocol: 'tcp' },
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceNs: null,
  onePacket: false,
  destinations: [destination],
};
const isRead = (one: object) => runtimeServicesFile.safeParse({ version: 1, services: [one] }).success;

test('what the kernel could not hold is not read from a file that someone edited', (t) => {
  t.true(isRead(service));
  const destinations: readonly object[] = [
    { ...destination, address: 'web.example.net' },
    { ...destination, port: 70_000 },
    { ...destination, weight: -1 },
    { ...destination, maxConnections: -1 },
    { ...destination, tunnel: { type: 'gue', port: -5 } },
  ];
  for (const each of destinations) t.false(isRead({ ...service, destinations: [each] }), JSON.stringify(each));
  t.false(isRead({ ...service, persistenceNs: -1 }));
  t.false(isRead({ ...service, match: { kind: 'fwmark', fwmark: 2 ** 32, family: 'ipv4', protocol: 'tcp' } }));
});
