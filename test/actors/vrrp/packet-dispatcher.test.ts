import test from 'ava';
import type { RejectCounts } from '../../../src/actors/vrrp/instance/reject-counts.js';
import { ownAddress } from '../../../src/actors/warm-up/vrrp-loop.js';
import type { VrrpInstanceConfig } from '../../../src/model/config.js';
import { ns, nsFromMs, vrid } from '../../../src/model/units.js';
import { encodeAdvert, multicastGroup, type RejectReason, rejectReasons } from '../../../src/wire/vrrp/advert.js';
import { encodePacket, IPV4_HEADER_BYTES } from '../../../src/wire/vrrp/packet.js';
import { gratuitous } from '../../support/fixtures/vrrp-config.js';
import { createLoopRig } from '../../support/rigs/vrrp/loop-rig.js';

const VRID = 7;
const peer = Uint8Array.of(192, 0, 2, 2);
const group = multicastGroup('ipv4');
const TTL_AT = 8;

const config: VrrpInstanceConfig = {
  name: 'vip',
  interface: 'test0',
  version: 3,
  vrid: vrid(VRID),
  priority: 100,
  advertIntervalNs: nsFromMs(1000),
  preempt: false,
  preemptDelayNs: ns(0),
  addresses: [{ address: '192.0.2.100', prefixLength: 24 }],
  extraAddresses: [],
  routes: [],
  rules: [],
  mode: 'multicast',
  source: null,
  peers: [],
  checksum: 'auto',
  dialect: 'rfc',
  vmac: false,
  authentication: null,
  gratuitous: gratuitous({ count: 0, refreshNs: ns(0) }),
  track: [],
};

type Sent = {
  readonly from?: Uint8Array;
  readonly to?: Uint8Array;
  readonly vrid?: number;
  readonly priority?: number;
};

function advert({ from = peer, to = group, vrid: id = VRID, priority = 200 }: Sent = {}): Uint8Array {
  const addresses = [Uint8Array.of(192, 0, 2, 100)];
  const fields = { family: 'ipv4', vrid: id, priority, interval: nsFromMs(1000), addresses } as const;
  return encodePacket('ipv4', from, to, encodeAdvert(fields, from, to, 'pseudo-header'));
}

type Fate = {
  readonly accepted: number;
  readonly rejected: readonly RejectReason[];
  readonly foreign: readonly RejectReason[];
};

const told = (counts: RejectCounts): readonly RejectReason[] => rejectReasons.filter((reason) => counts.of(reason) > 0);

/** What becomes of one packet that is heard on the interface. */
function fateOf(packet: Uint8Array, over: Partial<VrrpInstanceConfig> = {}): Fate {
  using rig = createLoopRig({ ...config, ...over });
  rig.hear(packet);
  rig.dispatcher.drain();
  const { received, rejects } = rig.instance.counts;
  return { accepted: received, rejected: told(rejects), foreign: told(rig.dispatcher.rejects) };
}
const accepted: Fate = { accepted: 1, rejected: [], foreign: [] };
const rejected = (reason: RejectReason): Fate => ({ accepted: 0, rejected: [reason], foreign: [] });
const foreign = (reason: RejectReason): Fate => ({ accepted: 0, rejected: [], foreign: [reason] });

/** The same packet with one byte of its header or message changed; the checksum is left as it was. */
function withByte(at: number, value: number): Uint8Array {
  const packet = advert();
  packet[at] = value;
  return packet;
}

test('a good advert is accepted, so that the others are refused for their own reasons', (t) => {
  t.deepEqual(fateOf(advert()), accepted);
});

test('RFC 9568 5.1.1.3, 7.1: a TTL other than 255 is discarded', (t) => {
  for (const ttl of [0, 1, 64, 254]) t.deepEqual(fateOf(withByte(TTL_AT, ttl)), rejected('hop-limit'));
});

test('RFC 9568 7.1: another version than the instance’s, and an unknown type, are discarded', (t) => {
  t.deepEqual(fateOf(advert(), { version: 2 }), rejected('version-3'));
  t.deepEqual(fateOf(withByte(IPV4_HEADER_BYTES, 0x21)), rejected('version-2'));
  t.deepEqual(fateOf(withByte(IPV4_HEADER_BYTES, 0x41)), rejected('version'));
  t.deepEqual(fateOf(withByte(IPV4_HEADER_BYTES, 0x32)), rejected('type'));
});

test('RFC 9568 7.1: a VRID that the interface does not have is discarded', (t) => {
  t.deepEqual(fateOf(advert({ vrid: VRID + 1 })), foreign('vrid'));
});

test('RFC 9568 7.1: what is not a whole message is discarded', (t) => {
  const packet = advert();
  for (let length = 0; length < packet.length; length += 1) {
    const cut = packet.slice(0, length);
    const { accepted, rejected, foreign } = fateOf(cut);
    t.is(accepted, 0);
    t.deepEqual([...rejected, ...foreign], ['truncated'], `${length} bytes`);
  }
});

test('RFC 9568 5.2.8, 7.1: a wrong checksum is discarded', (t) => {
  t.deepEqual(fateOf(withByte(IPV4_HEADER_BYTES + 6, 0)), rejected('checksum'));
});

test('an advert of this node’s own address is discarded', (t) => {
  t.deepEqual(fateOf(advert({ from: ownAddress })), rejected('own-address'));
});

test('RFC 9568 5.1.1.2: an instance of the multicast group takes no unicast advert', (t) => {
  t.deepEqual(fateOf(advert({ to: ownAddress })), rejected('destination'));
});

test('in unicast mode the peers alone are heard, whatever their distance', (t) => {
  const unicast = { mode: 'unicast', peers: ['192.0.2.2'] } as const;
  const routed = advert({ to: ownAddress });
  routed[TTL_AT] = 63;
  t.deepEqual(fateOf(routed, unicast), accepted);
  t.deepEqual(fateOf(advert({ from: Uint8Array.of(192, 0, 2, 3), to: ownAddress }), unicast), rejected('source'));
  t.deepEqual(fateOf(advert(), unicast), rejected('destination'));
});

test('RFC 9568 7.1: an address owner discards what it hears, and counts a second master', (t) => {
  using rig = createLoopRig({ ...config, priority: 255 });
  t.true(rig.instance.router.isMaster);
  for (const priority of [0, 255]) rig.hear(advert({ priority }));
  rig.dispatcher.drain();
  t.is(rig.instance.counts.received, 2);
  t.is(rig.instance.counts.sent, 1);
  t.true(rig.instance.router.isMaster);
});
