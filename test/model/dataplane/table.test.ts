import test from 'ava';
import { changeWords } from '../../../src/model/dataplane/change.js';
import { entryOf, serviceKey } from '../../../src/model/dataplane/table.js';
import { port } from '../../../src/model/units.js';
import { wanted } from '../../support/rigs/reconciler-rig.js';

test('one service has one key, however its address is written', (t) => {
  const key = (address: string) => serviceKey({ kind: 'address', address, port: port(80), protocol: 'tcp' });
  t.is(key('2001:db8:0:0::1'), key('2001:0DB8::1'));
  t.is(key('2001:db8::1'), 'tcp [2001:db8::1]:80' as never);
  t.not(key('10.0.0.1'), serviceKey({ kind: 'address', address: '10.0.0.1', port: port(80), protocol: 'udp' }));
});

test('a firewall mark is a service of its family, whatever its protocol', (t) => {
  const mark = { kind: 'fwmark', fwmark: 256, family: 'ipv4' } as const;
  t.is(serviceKey({ ...mark, protocol: 'tcp' }), serviceKey({ ...mark, protocol: 'udp' }));
  t.not(serviceKey({ ...mark, protocol: 'tcp' }), serviceKey({ ...mark, family: 'ipv6', protocol: 'tcp' }));
});

test('of two backends at one address and port the first counts', (t) => {
  const { destinations } = entryOf(wanted('a', 80, [{ weight: 2 }, { address: '10.0.1.1', weight: 5 }]));
  t.deepEqual(
    [...destinations.values()].map(({ backend, weight }) => [backend, weight]),
    [['b0', 2]],
  );
});

test('a change says in words what it does', (t) => {
  const { service, destinations } = entryOf(wanted('web', 80, [{}]));
  const [destination] = destinations.values();
  if (destination === undefined) return t.fail();
  const was = { ...destination, weight: 3, forwarding: 'dsr' as const };
  t.is(
    changeWords({ kind: 'replace-destination', service, destination, was }).text,
    'replace b0 10.0.1.1:80 of service web (tcp 10.0.0.1:80): weight 3 -> 1, forwarding dsr -> nat',
  );
  t.is(changeWords({ kind: 'remove-service', service }).text, 'remove service web (tcp 10.0.0.1:80)');
});
