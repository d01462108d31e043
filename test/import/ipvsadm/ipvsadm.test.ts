import test from 'ava';
import fc from 'fast-check';
import { configFromValue } from '../../../src/config/load.js';
import { importIpvsadm } from '../../../src/import/ipvsadm/index.js';

const SAVED = `-A -t 10.0.0.1:80 -s wrr -p 50
-a -t 10.0.0.1:80 -r 10.0.2.1:8080 -m -w 3 -x 100
-a -t 10.0.0.1:80 -r 10.0.2.2:80 -g -w 1
-A -u [2001:db8::1]:53 -s rr -p 300 -M 64 -o
-a -u [2001:db8::1]:53 -r [2001:db8::2]:53 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
-A -f 7 -s sh -p 60 -M 255.255.255.0 -b sh-port
-a -f 7 -r 10.0.2.1:80 -m -w 0
-A -t 10.0.0.9:0 -s rr -p 300
-Z
`;

test('a saved table is services with their backends', (t) => {
  const { document, notes } = importIpvsadm('saved', SAVED);
  t.like(document.services?.[0], {
    name: '10.0.0.1:80',
    address: '10.0.0.1',
    scheduler: 'wrr',
    persistence: '50s',
    forwarding: 'nat',
  });
  t.deepEqual(document.services?.[0]?.backends, [
    { address: '10.0.2.1', port: 8080, weight: 3, max_connections: 100, checks: [{ type: 'tcp' }] },
    { address: '10.0.2.2', port: 80, weight: 1, forwarding: 'dsr', checks: [{ type: 'tcp' }] },
  ]);
  t.like(document.services?.[1], {
    name: '[2001:db8::1]:53-udp',
    protocol: 'udp',
    one_packet: true,
    persistence: { timeout: '5m', granularity: 64 },
    forwarding: 'tun',
  });
  t.like(document.services?.[1]?.backends?.[0], { tunnel: { type: 'gue', port: 6080 }, checks: [{ type: 'icmp' }] });
  t.like(document.services?.[2], { fwmark: 7, family: 'ipv4', scheduler_flags: ['sh-port'] });
  t.deepEqual(document.services?.[2]?.persistence, { timeout: '1m', granularity: '255.255.255.0' });
  t.notThrows(() => configFromValue(document));
  const leftOut = notes.filter(({ kind }) => kind === 'left-out').map(({ at, keyword }) => [at.line, keyword]);
  t.deepEqual(leftOut, [
    [8, '-A'],
    [9, '-Z'],
  ]);
});

test('any text is some table', (t) => {
  const word = fc.constantFrom(
    '-A',
    '-a',
    '-t',
    '10.0.0.1:80',
    '-r',
    '-f',
    '-s',
    'rr',
    '-p',
    '-x',
    '\n',
    '--tun-type',
    '-6',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 40 }), (parts) => {
      importIpvsadm('saved', parts.join(' '));
    }),
  );
  t.pass();
});
