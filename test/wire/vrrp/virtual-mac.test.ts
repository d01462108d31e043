import test from 'ava';
import { multicastGroup } from '../../../src/wire/vrrp/advert.js';
import { hardwareText } from '../../../src/wire/vrrp/announcement.js';
import { multicastMac, virtualMac } from '../../../src/wire/vrrp/virtual-mac.js';

test('RFC 9568 section 7.3: the virtual MAC address has the family and the VRID', (t) => {
  t.is(hardwareText(virtualMac('ipv4', 60)), '00:00:5e:00:01:3c');
  t.is(hardwareText(virtualMac('ipv6', 255)), '00:00:5e:00:02:ff');
});

test('the Ethernet addresses of multicast groups', (t) => {
  t.is(hardwareText(multicastMac(multicastGroup('ipv4'))), '01:00:5e:00:00:12');
  t.is(hardwareText(multicastMac(Uint8Array.of(239, 129, 2, 3))), '01:00:5e:01:02:03', 'nine bits are lost');
  t.is(hardwareText(multicastMac(multicastGroup('ipv6'))), '33:33:00:00:00:12');
});
