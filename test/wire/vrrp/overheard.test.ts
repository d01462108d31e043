import test from 'ava';
import { addressBytes } from '../../../src/model/ip-address.js';
import { nsFromMs } from '../../../src/model/units.js';
import { encodeAdvert } from '../../../src/wire/vrrp/advert.js';
import { readOverheard } from '../../../src/wire/vrrp/overheard.js';
import { encodePacket } from '../../../src/wire/vrrp/packet.js';

const bytes = (text: string): Uint8Array => addressBytes(text) ?? new Uint8Array();

function version3(family: 'ipv4' | 'ipv6', source: string, group: string, addresses: readonly string[]): Uint8Array {
  const fields = { family, vrid: 60, priority: 200, interval: nsFromMs(250), addresses: addresses.map(bytes) };
  const message = encodeAdvert(fields, bytes(source), bytes(group), 'pseudo-header');
  return encodePacket(family, bytes(source), bytes(group), message);
}

test('reads version 3 of both families', (t) => {
  t.deepEqual(readOverheard(version3('ipv4', '10.0.0.3', '224.0.0.18', ['10.0.0.100', '10.0.0.101'])), {
    family: 'ipv4',
    version: 3,
    vrid: 60,
    priority: 200,
    intervalMs: 250,
    source: '10.0.0.3',
    addresses: ['10.0.0.100', '10.0.0.101'],
  });
  const six = readOverheard(version3('ipv6', 'fe80::3', 'ff02::12', ['fe80::1', '2001:db8::100']));
  t.is(six?.source, 'fe80::3');
  t.deepEqual(six?.addresses, ['fe80::1', '2001:db8::100']);
});

test('reads version 2 with a password, whose interval is in seconds', (t) => {
  const message = Uint8Array.of(0x21, 51, 100, 1, 1, 2, 0, 0, 10, 0, 0, 100, ...new TextEncoder().encode('12345678'));
  const heard = readOverheard(encodePacket('ipv4', bytes('10.0.0.3'), bytes('224.0.0.18'), message));
  t.like(heard, { version: 2, vrid: 51, priority: 100, intervalMs: 2000, addresses: ['10.0.0.100'] });
});

test('anything else is no advert, and a count beyond the packet is cut', (t) => {
  const packet = version3('ipv4', '10.0.0.3', '224.0.0.18', ['10.0.0.100']);
  for (let length = 0; length < 28; length += 1) t.is(readOverheard(packet.subarray(0, length)), null);
  t.is(readOverheard(packet.with(8, 254)), null, 'it was routed');
  t.is(readOverheard(packet.with(9, 6)), null);
  t.is(readOverheard(packet.with(20, 0x41)), null);
  t.deepEqual(readOverheard(packet.with(23, 255))?.addresses, ['10.0.0.100']);
});
