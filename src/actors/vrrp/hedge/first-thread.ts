/**
 * The VRRP thread's side of hedged adverts. It arms the next advert of each instance, so that a second thread on another
 * processor sends it, should this one be held up at the deadline. What the router decides meanwhile comes first: before it acts on
 * anything but a deadline, the instance takes its advert back.
 */
import { arm, isSettled, type Token, takeBack } from '../../../machines/vrrp/armed-advert.js';
import type { PreciseClock } from '../../../os/clock/precise-clock.js';
import { closeOwnedFd, disconnectFd, duplicateFd } from '../../../os/kernel/owned-fd.js';
import type { Outgoing } from '../instance/packets.js';
import { type Board, CELLS } from './board.js';

/** What has become of an advert that was armed. `ours`: it is to be sent, or not, by this thread. */
export type Taken = 'ours' | 'sent-by-second';

/**
 * So often this thread looks whether the second one has sent what it claimed: some 20 ms. What takes 20 us may take longer where the
 * kernel has its processor. Looks are counted and not time: a machine that stood still is no reason to give up.
 */
const MOST_LOOKS = 200_000;
/** At a deadline the answer can wait for the next one. */
const FEW_LOOKS = 1000;

/** What instances see of it; one without a second thread opens nothing, and its text says why. */
export type Hedge = {
  open(): HedgedAdvert | null;
  /** For people, after the word "adverts". */
  readonly text: string;
};

export const noHedge = (why: string): Hedge => ({ open: () => null, text: `not hedged: ${why}` });

export class AdvertHedge implements Hedge {
  readonly #free = Array.from({ length: CELLS }, (_, index) => CELLS - 1 - index);
  readonly board: Board;
  readonly clock: PreciseClock;
  readonly #where: string;
  readonly #onLost: () => void;
  /** The second thread claimed an advert, and neither sent it nor will. It is done without from then on. */
  lost = false;

  /** `where`: the second thread, for people. */
  constructor(board: Board, clock: PreciseClock, where: string, onLost: () => void) {
    this.board = board;
    this.clock = clock;
    this.#where = where;
    this.#onLost = onLost;
  }

  get text(): string {
    if (this.lost) return 'not hedged: the second thread stood still';
    if (!this.board.isReady) return 'not hedged: the second thread is not ready';
    return this.#free.length > 0 ? `hedged by ${this.#where}` : `of ${CELLS} instances hedged by ${this.#where}`;
  }

  /** Null where there are too many already. */
  open(): HedgedAdvert | null {
    const cell = this.#free.pop();
    return cell === undefined ? null : new HedgedAdvert(this, cell, () => this.#free.push(cell));
  }

  lose(): void {
    if (this.lost) return;
    this.lost = true;
    this.#onLost();
  }
}

export class HedgedAdvert {
  readonly #hedge: AdvertHedge;
  readonly #board: Board;
  readonly #words: Int32Array;
  readonly #cell: number;
  readonly #state: number;
  readonly #release: () => void;
  /** The second thread's own descriptor of the socket, so that this one's may be closed or cut off at any time. */
  #fd = -1;
  #fits = false;
  #token: Token = 0;
  /** Claimed by the second thread, and not sent when this one looked last. */
  #unsettled = false;
  #closed = false;
  /** Whether the second thread was waiting for the advert that was taken last. */
  wasWatched = false;

  constructor(hedge: AdvertHedge, cell: number, release: () => void) {
    this.#hedge = hedge;
    this.#board = hedge.board;
    this.#words = hedge.board.words;
    this.#cell = cell;
    this.#state = hedge.board.stateAt(cell);
    this.#release = release;
  }

  /** After the second thread sent. */
  get sentAtNs(): number {
    return this.#unsettled ? Number.NaN : this.#board.sentAtNs(this.#cell);
  }
  /** The kernel's reason where it refused what the second thread sent; 0 = none. */
  get errno(): number {
    return this.#unsettled ? 0 : this.#board.errno(this.#cell);
  }

  /** What is sent, and by which socket. While nothing is armed. */
  load(fd: number, outgoing: readonly Outgoing[]): void {
    this.#settleOrGiveUp();
    if (this.#hedge.lost) return;
    if (this.#fd >= 0) closeOwnedFd(this.#fd);
    this.#fd = fd < 0 ? -1 : duplicateOrNone(fd);
    this.#setPackets(outgoing);
  }

  /** The same packets with other contents. While nothing is armed; false where the second thread is still sending. */
  reload(outgoing: readonly Outgoing[]): boolean {
    if (this.#unsettled && !this.#settles(1)) return false;
    this.#setPackets(outgoing);
    return true;
  }

  /** While nothing is armed. */
  arm(deadlineNs: number, latestNs: number, intervalNs: number): void {
    const board = this.#board;
    if (this.#closed || this.#hedge.lost || !this.#fits || this.#fd < 0 || !board.isReady) return;
    if (this.#unsettled && !this.#settles(1)) return;
    board.schedule(this.#cell, deadlineNs, latestNs, intervalNs);
    this.#token = arm(this.#words, this.#state);
    if (board.wakeAtNs > deadlineNs) board.ring();
  }

  /** No advert will be armed for now. */
  rest(): void {
    this.#board.expectNothing(this.#cell);
  }

  /** At its deadline: whoever is first sends it. */
  takeAtDeadline(): Taken {
    // A whole interval was not enough to send the one before.
    this.#settleOrGiveUp();
    return this.#take(FEW_LOOKS);
  }

  /** At any time: what is sent after this call is on the wire after it, and nothing that was armed before it is. */
  takeBack(): Taken {
    this.#settleOrGiveUp();
    const taken = this.#take(0);
    this.#settleOrGiveUp();
    return taken;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.takeBack();
    this.rest();
    if (this.#fd >= 0) closeOwnedFd(this.#fd);
    this.#fd = -1;
    this.#fits = false;
    this.#release();
  }

  #setPackets(outgoing: readonly Outgoing[]): void {
    this.#fits = this.#board.setPackets(this.#cell, this.#fd, outgoing) && outgoing.length > 0;
  }

  #take(looks: number): Taken {
    const token = this.#token;
    this.#token = 0;
    this.wasWatched = token !== 0 && this.#board.watched(this.#cell) === token;
    if (token === 0 || takeBack(this.#words, this.#state, token)) return 'ours';
    this.#unsettled = true;
    this.#settles(looks);
    return 'sent-by-second';
  }

  #settles(looks: number): boolean {
    const { clock } = this.#hedge;
    for (let look = 0; look < looks && this.#unsettled; look += 1) {
      if (isSettled(this.#words, this.#state)) this.#unsettled = false;
      else clock.now();
    }
    return !this.#unsettled;
  }

  #settleOrGiveUp(): void {
    if (this.#unsettled && !this.#settles(MOST_LOOKS)) this.#giveUp();
  }

  /** The second thread stands still with a claim: whatever it does when it goes on, it reaches nobody. */
  #giveUp(): void {
    disconnectFd(this.#fd);
    this.#fd = -1;
    this.#unsettled = false;
    this.#hedge.lose();
  }
}

/** Where descriptors are short, this thread sends alone. */
function duplicateOrNone(fd: number): number {
  try {
    return duplicateFd(fd);
  } catch {
    return -1;
  }
}
