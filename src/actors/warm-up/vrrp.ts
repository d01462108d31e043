/**
 * Runs the thread's own loop some thousands of times before the first real advert. Cold code is late by milliseconds; code that
 * V8 optimises only later is late then, waiting for memory that other threads have locked; and until it is optimised, each time
 * that it computes is an object, so that garbage must be collected every half a minute instead of hardly ever.
 */
import type { VrrpInstanceConfig } from '../../model/config.js';
import { ns, nsFromMs, vrid } from '../../model/units.js';
import { ReceiveRing } from '../../os/packets/receive-ring.js';
import { encodeAdvert, multicastGroup, RESIGN_PRIORITY } from '../../wire/vrrp/advert.js';
import { encodePacket } from '../../wire/vrrp/packet.js';
import { Board, newBoardMemory } from '../vrrp/hedge/board.js';
import { AdvertHedge } from '../vrrp/hedge/first-thread.js';
import { createDryLoop, type DryLoop, type DryParts } from './vrrp-loop.js';

/** First as in life, with time to spare, so that all of it was seen before any of it is optimised. */
const CALM_INTERVAL_NS = nsFromMs(2);
const CALM_SPELLS = 12;
const CALM_ROUNDS = 40;
const CALM_NS = 10e6;
/** Then without a pause: until one looks for messages some 200 adverts are sent, and no more wait to be taken. */
const BUSY_INTERVAL_NS = ns(100_000);
const BUSY_SPELLS = 12;
const BUSY_ROUNDS = 12_000;
/** At most so long for them, on a machine that is slow or busy. */
const BUSY_NS = 200e6;

const VRID = 9;
const peer = Uint8Array.of(192, 0, 2, 2);

const calm: VrrpInstanceConfig = {
  name: 'warm-up',
  interface: 'warm-up',
  version: 3,
  vrid: vrid(VRID),
  priority: 100,
  advertIntervalNs: CALM_INTERVAL_NS,
  preempt: true,
  preemptDelayNs: ns(0),
  addresses: [],
  extraAddresses: [],
  routes: [],
  rules: [],
  mode: 'multicast',
  source: null,
  peers: [],
  checksum: 'auto',
  dialect: 'seesaw',
  vmac: false,
  authentication: null,
  gratuitous: {
    count: 0,
    intervalNs: ns(0),
    refreshNs: ns(0),
    refreshCount: 1,
    repeatAfterNs: ns(0),
    repeatCount: 0,
  },
  track: [],
};

export function warmUp(given: Omit<DryParts, 'poll' | 'hedge'>): void {
  const { clock } = given;
  // Adverts are armed as in life, for a second thread that is none.
  const board = new Board(newBoardMemory());
  board.tellReady();
  const parts = { ...given, hedge: new AdvertHedge(board, clock, 'nobody', () => {}) };
  const far = new ReceiveRing(clock);
  const speak = (dry: DryLoop) => {
    dry.loop.turn();
    // Else the pair would be full soon.
    far.receive(dry.wire);
  };
  const hear = (dry: DryLoop, packet: Uint8Array) => {
    dry.hear(packet);
    speak(dry);
  };
  const repeat = (rounds: number, forNs: number, once: (round: number) => void) => {
    const endNs = clock.now() + forNs;
    for (let round = 0; round < rounds && clock.now() < endNs; round += 1) once(round);
  };
  /** The very loop of the thread, or V8 would optimise it as a part of the caller here, and not for itself. */
  const run = (dry: DryLoop) => {
    dry.loop.run();
    while (far.receive(dry.wire) > 0);
  };
  const { higher, lower, resigned, broken } = packets();

  for (let spell = 0; spell < CALM_SPELLS; spell += 1) {
    // Functions that differ, as code that knows a single one would have to be made anew for the real one.
    using dry = createDryLoop(calm, { ...parts, poll: spell % 2 === 0 ? () => true : ends });
    // It looks for messages at once, and again after 18 ms.
    for (let times = 0; times < 2; times += 1) run(dry);
    dry.touchInterfaces();
    repeat(2, CALM_NS, () => hear(dry, lower));
    repeat(CALM_ROUNDS, CALM_NS, (round) => hear(dry, round % 8 === 0 ? broken : higher));
    // The other one resigns, and this one is master again.
    hear(dry, resigned);
    run(dry);
  }
  using master = createDryLoop({ ...calm, advertIntervalNs: BUSY_INTERVAL_NS }, { ...parts, poll: ends });
  for (let spell = 0; spell < BUSY_SPELLS; spell += 1) run(master);
  repeat(BUSY_ROUNDS, BUSY_NS, () => master.instance.rehearse());
  using backup = createDryLoop(calm, { ...parts, poll: ends });
  repeat(BUSY_ROUNDS, BUSY_NS, (round) => hear(backup, round % 8 === 0 ? broken : higher));
}

/** A look for messages that finds the word to stop. */
function ends(): boolean {
  return true;
}

function packets() {
  const group = multicastGroup('ipv4');
  const advert = (id: number, priority: number) => {
    const fields = { family: 'ipv4', vrid: id, priority, interval: nsFromMs(10), addresses: [] } as const;
    return encodePacket('ipv4', peer, group, encodeAdvert(fields, peer, group, 'pseudo-header'));
  };
  return {
    higher: advert(VRID, 200),
    lower: advert(VRID, 50),
    resigned: advert(VRID, RESIGN_PRIORITY),
    broken: advert(VRID + 1, 200),
  };
}
