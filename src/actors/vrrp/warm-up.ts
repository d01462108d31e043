/**
 * Runs the thread's hot path a few thousand times before the first real advert: cold code is late by milliseconds. The
 * packets go nowhere: the sockets are a pair of their own.
 */
import type { VrrpInstanceConfig } from '../../config/model.js';
import { type Interface, InterfaceTable } from '../../net/interface-table.js';
import { closeOwnedFd } from '../../net/owned-fd.js';
import type { PreciseClock } from '../../net/precise-clock.js';
import { ReceiveRing } from '../../net/receive-ring.js';
import { sendTo } from '../../net/socket-call.js';
import { openSocketPair } from '../../net/socket-pair.js';
import { ns, nsFromMs, vrid } from '../../wire/units.js';
import { encodeAdvert, multicastGroup } from '../../wire/vrrp.js';
import { encodePacket } from '../../wire/vrrp-packet.js';
import { ActorMeter } from '../../workers/meter.js';
import { VrrpInstance } from './instance.js';
import { Segment } from './segment.js';
import type { World } from './world.js';

/** After so many, V8's optimising compiler has seen all of it; about 100 ms. */
const ROUNDS = 3000;

const source = Uint8Array.of(192, 0, 2, 1);
const peer = Uint8Array.of(192, 0, 2, 2);
const VRID = 1;

const config: VrrpInstanceConfig = {
  name: 'warm-up',
  interface: 'warm-up',
  vrid: vrid(VRID),
  priority: 100,
  advertIntervalNs: nsFromMs(10),
  preempt: false,
  preemptDelayNs: ns(0),
  addresses: [],
  mode: 'multicast',
  source: null,
  peers: [],
  checksum: 'auto',
  dialect: 'seesaw',
  gratuitous: { count: 0, intervalNs: ns(0), refreshNs: ns(0) },
  track: [],
};

export function warmUp(world: World, clock: PreciseClock): void {
  const pair = openSocketPair();
  try {
    const segment = new Segment(
      { interface: config.interface, family: 'ipv4', interfaceIndex: 1 },
      new ReceiveRing(clock),
      clock,
      () => ({ sender: pair.a, receiver: pair.b }),
    );
    const instance = new VrrpInstance(config, isolated(world));
    instance.assess({ link: imaginedInterface(config.interface, source), segment, problem: null }, clock.now());
    segment.join(VRID, instance);
    instance.start(clock.now());
    listen(instance, segment, pair.a, clock);
    speak(instance, segment, clock);
  } finally {
    closeOwnedFd(pair.a);
    closeOwnedFd(pair.b);
  }
}

/** An interface that is up, with this one IPv4 address. */
export const imaginedInterface = (name: string, address: Uint8Array): Interface => ({
  kind: 'link',
  index: 1,
  name,
  up: true,
  running: true,
  hardware: new Uint8Array(),
  addresses: [
    {
      kind: 'address',
      family: 'ipv4',
      index: 1,
      address,
      prefixLength: 24,
      secondary: false,
      tentative: false,
      protocol: 0,
    },
  ],
});

/** A backup that hears a master, now and then a bad packet. */
function listen(instance: VrrpInstance, segment: Segment, sender: number, clock: PreciseClock): void {
  const group = multicastGroup('ipv4');
  const fields = { family: 'ipv4', vrid: VRID, priority: 200, interval: nsFromMs(10), addresses: [] } as const;
  const good = encodePacket('ipv4', peer, group, encodeAdvert(fields, peer, group, 'pseudo-header'));
  const bad = good.slice();
  bad[21] = VRID + 1;
  const connected = new Uint8Array(0);
  for (let round = 0; round < ROUNDS; round += 1) {
    sendTo(sender, round % 8 === 0 ? bad : good, connected);
    segment.drain();
    if (instance.router.deadlineNs < clock.now()) return;
  }
}

/** A master that speaks whenever its deadline has come, which is always. */
function speak(instance: VrrpInstance, segment: Segment, clock: PreciseClock): void {
  for (let round = 0; round < ROUNDS; round += 1) {
    const nowNs = clock.spinUntil(clock.now() + 100);
    instance.router.mustListenFirst(nowNs);
    instance.due(ns(Math.max(nowNs, instance.router.deadlineNs)));
    // Else the pair would be full soon.
    segment.drain();
  }
}

/** The same world, where nobody hears anything. */
function isolated(world: World): World {
  const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  return {
    ...world,
    interfaces: new InterfaceTable(),
    routes: { change: () => [] },
    frames: { send: () => 0 },
    out: { log: silent, meter: new ActorMeter(), event() {}, state() {} },
    tellState() {},
    serviceHealthy: () => null,
  };
}
