import test from 'ava';
import fc from 'fast-check';
import { encodeSockaddr, Ipv4Sockaddr, ipv4Number } from '../../../src/os/kernel/sockaddr.js';

test('one structure for many IPv4 addresses has the bytes of a structure for each', (t) => {
  const shared = new Ipv4Sockaddr();
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(0xffff), (address, port) => {
      const number = ipv4Number(address);
      return number !== null && encodeSockaddr(address, port).equals(shared.to(number, port));
    }),
    { seed: 22 },
  );
  t.pass();
});

test('what is no IPv4 address has no number', (t) => {
  for (const text of ['::1', '::ffff:127.0.0.1', 'localhost', '', '127.0.0.256']) t.is(ipv4Number(text), null, text);
});
