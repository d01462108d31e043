/** Both threads' sides in one thread, turn by turn, so that it is known which comes first. */
import test, { type ExecutionContext } from 'ava';
import { HmacAuthentication } from '../../../../src/actors/vrrp/authentication/hmac.js';
import { Board, CELLS, newBoardMemory } from '../../../../src/actors/vrrp/hedge/board.js';
import { AdvertHedge, type HedgedAdvert } from '../../../../src/actors/vrrp/hedge/first-thread.js';
import { SecondThread } from '../../../../src/actors/vrrp/hedge/second-thread.js';
import type { Outgoing } from '../../../../src/actors/vrrp/instance/packets.js';
import { ownAddress } from '../../../../src/actors/warm-up/vrrp-loop.js';
import { armedToken, claim, finish } from '../../../../src/machines/vrrp/armed-advert.js';
import { ns, nsFromMs } from '../../../../src/model/units.js';
import { PreciseClock } from '../../../../src/os/clock/precise-clock.js';
import { closeOwnedFd } from '../../../../src/os/kernel/owned-fd.js';
import { receiveFrom, senderOf, sendTo } from '../../../../src/os/kernel/socket-call.js';
import { openSocketPair } from '../../../../src/os/kernel/socket-pair.js';
import { IPV4_HEADER_BYTES } from '../../../../src/wire/vrrp/packet.js';
import { TRAILER_BYTES } from '../../../../src/wire/vrrp/trailer.js';
import { testInstance } from '../../../support/fixtures/vrrp-config.js';
import { createLoopRig } from '../../../support/rigs/vrrp/loop-rig.js';

/** Long: whoever tests may be held up. */
const INTERVAL_NS = 200e6;
const SOON_NS = 200_000;
const empty = new Uint8Array(0);

const outgoing = (...bytes: number[]): Outgoing => ({
  address: empty,
  advert: Uint8Array.from(bytes),
  resignation: empty,
  nothing: empty,
});

/** All that waits on a socket. */
function read(fd: number): Uint8Array[] {
  const packets: Uint8Array[] = [];
  const bytes = new Uint8Array(2048);
  const sender = senderOf(128);
  for (let length = receiveFrom(fd, bytes, 0, sender); length >= 0; length = receiveFrom(fd, bytes, 0, sender)) {
    packets.push(bytes.slice(0, length));
  }
  return packets;
}

function rig(t: ExecutionContext) {
  const clock = new PreciseClock();
  const board = new Board(newBoardMemory());
  board.tellReady();
  const lost: string[] = [];
  const hedge = new AdvertHedge(board, clock, 'a test', () => lost.push('lost'));
  const wire = openSocketPair();
  t.teardown(() => {
    closeOwnedFd(wire.a);
    closeOwnedFd(wire.b);
  });
  const second = new SecondThread(board, clock);
  const soon = (advert: HedgedAdvert | null) => {
    const deadlineNs = Math.floor(clock.now() + SOON_NS);
    advert?.arm(deadlineNs, deadlineNs + INTERVAL_NS, INTERVAL_NS);
    return deadlineNs;
  };
  const open = () => {
    const advert = hedge.open();
    if (advert === null) throw new Error('no cell');
    return advert;
  };
  const sent = () => read(wire.b).map((packet) => [...packet]);
  /** The second thread's turns up to this deadline, and a look after it. */
  const keep = (deadlineNs: number) => {
    while (clock.now() < deadlineNs) second.turn();
    second.turn();
  };
  return { clock, board, hedge, lost, wire, second, soon, open, sent, keep };
}

test('the second thread sends at the deadline what is armed, to each destination, and tells when', (t) => {
  const { wire, open, soon, keep, sent } = rig(t);
  const advert = open();
  advert.load(wire.a, [outgoing(1, 2, 3), outgoing(4)]);
  const deadlineNs = soon(advert);
  keep(deadlineNs);
  t.deepEqual(sent(), [[1, 2, 3], [4]]);
  t.is(advert.takeAtDeadline(), 'sent-by-second');
  t.true(advert.sentAtNs >= deadlineNs);
  t.is(advert.errno, 0);
  t.true(advert.wasWatched);
});

test('what was taken back the second thread does not send', (t) => {
  const { wire, open, soon, board, sent, keep } = rig(t);
  const advert = open();
  advert.load(wire.a, [outgoing(1)]);
  const deadlineNs = soon(advert);
  t.is(advert.takeBack(), 'ours');
  t.is(armedToken(board.words, board.stateAt(0)), 0);
  keep(deadlineNs);
  t.deepEqual(sent(), []);
  t.is(advert.takeBack(), 'ours', 'nothing is armed');
});

test('the packets are those of the time when it was armed, from the socket of that time', (t) => {
  const { wire, open, soon, sent, keep } = rig(t);
  const other = openSocketPair();
  const advert = open();
  for (const [fd, byte] of [
    [wire.a, 1],
    [wire.a, 2],
    [other.a, 3],
  ] as const) {
    advert.load(fd, [outgoing(byte)]);
    keep(soon(advert));
    t.is(advert.takeAtDeadline(), 'sent-by-second');
  }
  t.deepEqual(sent(), [[1], [2]]);
  t.deepEqual(
    read(other.b).map((packet) => [...packet]),
    [[3]],
  );
  closeOwnedFd(other.a);
  closeOwnedFd(other.b);
});

test('too late the second thread lets it be: whoever slept for so long listens first', (t) => {
  const { clock, wire, open, sent, keep } = rig(t);
  const advert = open();
  advert.load(wire.a, [outgoing(1)]);
  const now = Math.floor(clock.now());
  advert.arm(now - 3 * INTERVAL_NS, now - 2 * INTERVAL_NS, INTERVAL_NS);
  keep(now);
  t.deepEqual(sent(), []);
  t.is(advert.takeAtDeadline(), 'ours');
});

test('a refusal of the kernel is told', (t) => {
  const { open, soon, keep } = rig(t);
  const wire = openSocketPair();
  const advert = open();
  advert.load(wire.a, [outgoing(1)]);
  closeOwnedFd(wire.b);
  keep(soon(advert));
  t.is(advert.takeAtDeadline(), 'sent-by-second');
  t.not(advert.errno, 0);
  closeOwnedFd(wire.a);
});

test('what has no room is not hedged, nor is an instance more than there are cells', (t) => {
  const { wire, open, soon, hedge, board } = rig(t);
  const advert = open();
  advert.load(wire.a, [{ ...outgoing(), advert: new Uint8Array(5000) }]);
  soon(advert);
  t.is(armedToken(board.words, board.stateAt(0)), 0);
  const more = Array.from({ length: CELLS - 1 }, open);
  t.is(hedge.open(), null);
  t.regex(hedge.text, /of 16 instances hedged by a test/);
  more[0]?.close();
  t.not(hedge.open(), null);
});

test('a socket that cannot be had twice is not hedged, and nothing fails', (t) => {
  const { open, soon, board } = rig(t);
  const advert = open();
  advert.load(1 << 20, [outgoing(1)]);
  soon(advert);
  t.is(armedToken(board.words, board.stateAt(0)), 0);
});

test('a second thread that is not ready yet has nothing armed', (t) => {
  const { wire, clock } = rig(t);
  const board = new Board(newBoardMemory());
  const hedge = new AdvertHedge(board, clock, 'a test', () => {});
  const advert = hedge.open();
  advert?.load(wire.a, [outgoing(1)]);
  advert?.arm(1, 2, INTERVAL_NS);
  t.is(armedToken(board.words, board.stateAt(0)), 0);
  t.regex(hedge.text, /not ready/);
});

test('a second thread that stands still with a claim reaches nobody any more, and is done without', (t) => {
  const { wire, open, soon, board, hedge, lost, sent } = rig(t);
  const [advert, other] = [open(), open()];
  advert.load(wire.a, [outgoing(1)]);
  other.load(wire.a, [outgoing(2)]);
  soon(advert);
  const state = board.stateAt(0);
  const token = armedToken(board.words, state);
  t.true(claim(board.words, state, token));
  t.is(advert.takeBack(), 'sent-by-second');
  t.deepEqual(lost, ['lost']);
  // Now it goes on.
  t.true(sendTo(board.fd(0), Uint8Array.of(1), empty) < 0);
  finish(board.words, state, token);
  t.deepEqual(sent(), []);
  soon(advert);
  soon(other);
  t.is(armedToken(board.words, state), 0);
  t.is(armedToken(board.words, board.stateAt(1)), 0);
  t.regex(hedge.text, /stood still/);
});

test('at a deadline nobody waits for a second thread that is slow; the next deadline finds it done', (t) => {
  const { wire, open, soon, board, lost } = rig(t);
  const advert = open();
  advert.load(wire.a, [outgoing(1)]);
  soon(advert);
  const state = board.stateAt(0);
  const token = armedToken(board.words, state);
  t.true(claim(board.words, state, token));
  t.is(advert.takeAtDeadline(), 'sent-by-second');
  t.true(Number.isNaN(advert.sentAtNs));
  soon(advert);
  t.is(armedToken(board.words, state), 0, 'nothing is armed over what is being sent');
  finish(board.words, state, token);
  t.is(advert.takeAtDeadline(), 'ours');
  soon(advert);
  t.not(armedToken(board.words, state), 0);
  t.deepEqual(lost, []);
});

test('the second thread ends when it is told to', (t) => {
  const { board, second } = rig(t);
  board.stop();
  t.true(second.turn());
});

/** A priority is the third byte after the IP header. */
const priorityOf = (packet: Uint8Array): number => packet[22] ?? -1;
const master = testInstance({ dialect: 'seesaw', intervalMs: 50, priority: 200 });

test('an instance counts what the second thread sends, and nothing of it follows a resignation', (t) => {
  const { clock, hedge, second } = rig(t);
  using loop = createLoopRig(master, { clock, hedge });
  const { counts, router } = loop.instance;
  while (!router.isMaster) loop.loop.turn();
  while (counts.sentBySecond < 5) {
    second.turn();
    loop.loop.turn();
  }
  // One may be on the wire that the first thread has not seen yet.
  loop.instance.member.stepDown('asked to');
  const packets = read(loop.wire);
  t.is(packets.length, counts.sent);
  t.is(counts.sent, counts.sentBySecond + counts.sentByFirst + counts.sentAlone + 1);
  t.is(priorityOf(packets.at(-1) ?? empty), 0, 'its resignation is the last');
  t.is(packets.filter((packet) => priorityOf(packet) === 0).length, 1);
});

test('what an instance sends after its second thread spoke comes after it, and with what is new', (t) => {
  const { clock, hedge, second, board, keep } = rig(t);
  // Long intervals: a thread that waits for its processor must not be too late for its deadline.
  const calm = { ...master, advertIntervalNs: nsFromMs(500) };
  using loop = createLoopRig(calm, { clock, hedge });
  const { counts, router } = loop.instance;
  while (!router.isMaster) loop.loop.turn();
  loop.loop.turn();
  read(loop.wire);
  // Armed, and sent by the second thread before the first one acts on the new configuration.
  const { deadlineNs } = router;
  keep(deadlineNs);
  loop.configure({ ...calm, priority: 210 });
  t.is(counts.sentBySecond, 1);
  t.is(router.deadlineNs, deadlineNs + calm.advertIntervalNs);
  while (clock.now() < router.deadlineNs) second.turn();
  loop.loop.turn();
  t.deepEqual(read(loop.wire).map(priorityOf), [200, 210]);
  loop.instance.stop(clock.now(), 'stopped');
  t.is(armedToken(board.words, board.stateAt(0)), 0);
  t.deepEqual(read(loop.wire).map(priorityOf), [0]);
});

test('each signed advert has the time of its own deadline and a number that grows, whoever of the two threads sends it', (t) => {
  const { clock, hedge, second } = rig(t);
  const keys = { 1: 'k'.repeat(32) };
  const hmac = { type: 'hmac', keys, active: 1, mode: 'enforce', antiReplay: 'time', timeWindowNs: null } as const;
  const config = { ...master, authentication: hmac };
  using loop = createLoopRig(config, { clock, hedge });
  const { counts, router } = loop.instance;
  while (!router.isMaster) loop.loop.turn();
  while (counts.sentBySecond < 3) {
    second.turn();
    loop.loop.turn();
  }
  const { deadlineNs } = router;
  while (router.deadlineNs === deadlineNs) loop.loop.turn();
  // Before its deadline: what was signed for that is not sent.
  loop.instance.stop(clock.now(), 'stopped');
  const packets = read(loop.wire);
  t.is(packets.length, counts.sent);
  t.is(packets.map(priorityOf).at(-1), 0);
  const peer = new HmacAuthentication(clock);
  peer.configure(config);
  const addresses = { source: ownAddress, destination: ownAddress, hopLimit: 255, stampedNs: ns(0) };
  for (const bytes of packets) {
    const packet = { bytes, from: IPV4_HEADER_BYTES, to: bytes.length, ...addresses };
    t.is(peer.verify(packet, bytes.length - TRAILER_BYTES), 'accepted');
  }
});
