/** Instances that sign and verify, on a wire that is a pair of sockets. */
import test from 'ava';
import { HmacAuthentication } from '../../../../src/actors/vrrp/authentication/hmac.js';
import type { Outgoing } from '../../../../src/actors/vrrp/instance/packets.js';
import type { VrrpInstanceConfig } from '../../../../src/model/config.js';
import { nsFromMs } from '../../../../src/model/units.js';
import { PreciseClock } from '../../../../src/os/clock/precise-clock.js';
import {
  encodeAdvert,
  multicastGroup,
  newAdvertRecord,
  type ReadRules,
  readAdvert,
  type Verdict,
} from '../../../../src/wire/vrrp/advert.js';
import { encodePacket, ipHeaderLength } from '../../../../src/wire/vrrp/packet.js';
import { TRAILER_BYTES } from '../../../../src/wire/vrrp/trailer.js';
import { testInstance } from '../../../support/fixtures/vrrp-config.js';
import { createLoopRig } from '../../../support/rigs/vrrp/loop-rig.js';

const keys = { 1: `hex:${'01'.repeat(32)}`, 2: `hex:${'02'.repeat(32)}` };
type Hmac = Extract<VrrpInstanceConfig['authentication'], { type: 'hmac' }>;
const hmac = (over: Partial<Hmac> = {}): VrrpInstanceConfig =>
  testInstance({
    vips: ['192.0.2.100/24'],
    authentication: {
      type: 'hmac',
      keys,
      active: 1,
      mode: 'enforce',
      antiReplay: 'time',
      timeWindowNs: null,
      ...over,
    },
  });
const peer = Uint8Array.of(192, 0, 2, 2);
const nothing = new Uint8Array(0);

/** Another node with the same clock. */
function sender(over: Partial<Hmac> = {}, family: 'ipv4' | 'ipv6' = 'ipv4') {
  const clock = new PreciseClock();
  const authentication = new HmacAuthentication(clock);
  authentication.configure(hmac(over));
  const source = family === 'ipv4' ? peer : Uint8Array.of(0xfe, 0x80, ...new Uint8Array(13), 2);
  const group = multicastGroup(family);
  const packet = () => {
    const fields = { family, vrid: 60, priority: 200, interval: nsFromMs(1000), addresses: [source] } as const;
    const message = encodeAdvert({ ...fields, hasTrailer: authentication.signs }, source, group, 'message');
    return encodePacket(family, source, group, message);
  };
  return {
    clock,
    source,
    /** Signed for a time so many seconds from now. */
    advert(afterS = 0): Uint8Array {
      const advert = packet();
      const outgoing: Outgoing = { address: nothing, advert, resignation: nothing, nothing };
      if (authentication.signs) authentication.sign([outgoing], 'advert', clock.now() + afterS * 1e9);
      authentication.sent();
      return advert;
    },
  };
}

/** What becomes of packets that are heard one after the other. */
function fates(config: VrrpInstanceConfig, ...packets: readonly Uint8Array[]): readonly string[] {
  using rig = createLoopRig({ ...config, interface: 'test0' });
  return packets.map((packet) => {
    const { rejects } = rig.instance.counts;
    const before = { received: rig.instance.counts.received, rejected: new Map<string, number>() };
    rejects.tell(() => {});
    rig.hear(packet);
    rig.dispatcher.drain();
    rejects.tell((reason) => before.rejected.set(reason, 1));
    return rig.instance.counts.received > before.received ? 'accepted' : [...before.rejected.keys()].join();
  });
}

test('an advert with a fresh HMAC of a known key is accepted, once', (t) => {
  const advert = sender().advert();
  t.deepEqual(fates(hmac(), advert, advert), ['accepted', 'replay']);
  t.deepEqual(fates(hmac(), sender({ active: 2 }).advert()), ['accepted'], 'the other key is known too');
});

test('a forged, an unknown, an old, an early and a missing HMAC are refused, each for its own reason', (t) => {
  const forged = sender().advert();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  t.deepEqual(fates(hmac(), forged), ['hmac']);
  t.deepEqual(fates(hmac(), sender({ keys: { 1: keys[2] } }).advert()), ['hmac']);
  t.deepEqual(fates(hmac({ keys: { 1: keys[1] } }), sender({ active: 2 }).advert()), ['key']);
  t.deepEqual(fates(hmac(), sender().advert(-7), sender().advert(7)), ['stale', 'stale']);
  t.deepEqual(fates(hmac(), sender({ mode: 'receive-only' }).advert()), ['unauthenticated']);
  const other = sender().advert();
  other[other.length - TRAILER_BYTES] = 2;
  t.deepEqual(fates(hmac(), other), ['trailer']);
});

test('without a window a sender needs no right clock, but one that grows', (t) => {
  const far = sender({ antiReplay: 'monotonic' });
  const [early, late] = [far.advert(-3600), far.advert(3600)];
  t.deepEqual(fates(hmac({ antiReplay: 'monotonic' }), early, late, early), ['accepted', 'accepted', 'replay']);
});

test('permissive and receive-only take unsigned adverts, and refuse wrong ones', (t) => {
  const unsigned = sender({ mode: 'receive-only' }).advert();
  const wrong = sender({ keys: { 1: keys[2] } }).advert();
  for (const mode of ['permissive', 'receive-only'] as const) {
    t.deepEqual(fates(hmac({ mode }), unsigned, sender().advert(), wrong), ['accepted', 'accepted', 'hmac'], mode);
  }
});

test('an instance without HMAC says what a signed advert is', (t) => {
  t.deepEqual(fates({ ...hmac(), authentication: null }, sender().advert()), ['authentication']);
});

test('the checksum of IPv6 covers the trailer', (t) => {
  const { advert, source } = sender({}, 'ipv6');
  const packet = advert();
  const rules: ReadRules = {
    family: 'ipv6',
    dialect: 'rfc',
    checksum: 'auto',
    version: 3,
    interval: nsFromMs(1000),
    password: null,
    takesTrailer: true,
  };
  const read = (): Verdict =>
    readAdvert(packet, ipHeaderLength('ipv6'), packet.length, source, multicastGroup('ipv6'), rules, newAdvertRecord());
  t.is(read(), 'accepted');
  packet[packet.length - 1] = (packet.at(-1) ?? 0) ^ 1;
  t.is(read(), 'checksum');
});
