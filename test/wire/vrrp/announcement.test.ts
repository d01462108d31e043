import test from 'ava';
import fc from 'fast-check';
import { addressBytes } from '../../../src/model/ip-address.js';
import { foldChecksum, sumPseudoHeader, sumWords } from '../../../src/wire/ip/checksum.js';
import {
  arpProbe,
  duplicateSolicitation,
  gratuitousArp,
  hardwareText,
  readAdvertisementClaim,
  readArpClaim,
  unsolicitedAdvertisement,
} from '../../../src/wire/vrrp/announcement.js';
import { fromHex, toHex } from '../../support/fixtures/hex.js';

const mac = fromHex('02005e000160');
const vip = Uint8Array.of(10, 0, 0, 100);
const vip6 = addressBytes('2001:db8::7') ?? new Uint8Array();
const linkLocal = addressBytes('fe80::1') ?? new Uint8Array();

test('RFC 5227: an ARP announcement has its address as sender and as target, and goes to all', (t) => {
  t.is(
    toHex(gratuitousArp(mac, vip)),
    `${'ff'.repeat(6)}02005e0001600806 0001080006040001 02005e000160 0a000064 000000000000 0a000064`.replaceAll(
      ' ',
      '',
    ),
  );
});

test('RFC 5227: an ARP probe has no sender address, so that nobody notes an answer', (t) => {
  t.is(toHex(arpProbe(mac, vip).subarray(22)), `02005e00016000000000${'00'.repeat(6)}0a000064`);
  t.is(readArpClaim(arpProbe(mac, vip)), null);
});

test('RFC 9568 6.4.2: a neighbour advertisement has R and O set and S clear, and the link-layer address', (t) => {
  const frame = unsolicitedAdvertisement(mac, linkLocal, vip6);
  t.is(toHex(frame.subarray(0, 14)), `33330000000102005e00016086dd`);
  t.is(frame[21], 255);
  t.is(toHex(frame.subarray(54, 56)), '8800');
  t.is(toHex(frame.subarray(58)), `a0000000${toHex(vip6)}020102005e000160`);
});

test('RFC 4862: a solicitation from nobody to the solicited-node group', (t) => {
  const frame = duplicateSolicitation(mac, vip6);
  t.is(toHex(frame.subarray(0, 6)), '3333ff000007');
  t.is(toHex(frame.subarray(22, 54)), `${'00'.repeat(16)}ff0200000000000000000001ff000007`);
  t.is(frame[54], 135);
});

test('the ICMPv6 checksums are right', (t) => {
  for (const frame of [unsolicitedAdvertisement(mac, linkLocal, vip6), duplicateSolicitation(mac, vip6)]) {
    const pseudo = sumPseudoHeader(frame.subarray(22, 38), frame.subarray(38, 54), 58, frame.length - 54);
    t.is(foldChecksum(sumWords(frame, 54, frame.length, pseudo)), 0);
  }
});

test('reads who claims an address', (t) => {
  const arp = readArpClaim(gratuitousArp(mac, vip));
  t.deepEqual([toHex(arp?.address ?? vip6), hardwareText(arp?.hardware ?? vip6)], ['0a000064', '02:00:5e:00:01:60']);
  const neighbour = readAdvertisementClaim(unsolicitedAdvertisement(mac, linkLocal, vip6).subarray(54));
  t.deepEqual([neighbour?.address, neighbour?.hardware], [vip6, mac]);
});

test('an advertisement without a link-layer option has no hardware', (t) => {
  const bytes = unsolicitedAdvertisement(mac, linkLocal, vip6).subarray(54, 78);
  t.is(readAdvertisementClaim(bytes)?.hardware.length, 0);
});

test('no bytes make a reader throw', (t) => {
  const started = (start: string) =>
    fc.uint8Array({ maxLength: 80, size: 'max' }).map((rest) => Uint8Array.from([...fromHex(start), ...rest]));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80, size: 'max' }),
    started('ffffffffffff02005e00016008060001080006040002'),
    started(`8800000020000000${toHex(vip6)}`),
  );
  fc.assert(
    fc.property(bytes, (message) => {
      const claims = [readArpClaim(message), readAdvertisementClaim(message)];
      t.true(claims.every((claim) => claim === null || claim.hardware.length <= 6));
    }),
    { seed: 5227, numRuns: 3000 },
  );
});
