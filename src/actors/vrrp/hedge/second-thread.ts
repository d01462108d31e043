/**
 * The second thread of hedged adverts. It decides nothing: it waits for the deadlines of what is armed, and sends what the VRRP
 * thread has not taken back by then. Without an armed advert it sleeps until it is rung for. Its hot path allocates nothing, but for
 * copies of what is signed anew for each deadline.
 */
import { armedToken, claim, finish, type Token } from '../../../machines/vrrp/armed-advert.js';
import { NS_PER_MS } from '../../../model/units.js';
import type { PreciseClock } from '../../../os/clock/precise-clock.js';
import { errno } from '../../../os/kernel/libc.js';
import { Poller } from '../../../os/kernel/poller.js';
import { sendTo } from '../../../os/kernel/socket-call.js';
import { type Board, CELLS, DOORBELL } from './board.js';

/** So long before a deadline it holds its processor: a real-time thread is usually up within 300 us. */
const MOST_SPIN_NS = 400_000;
const LEAST_SPIN_NS = 60_000;
/** Most of the processor that it may take, however close the deadlines are. */
const SHARE = 0.1;
/** Weight of the newest deadline in the mean time between two. */
const SMOOTHING = 1 / 16;
/** As the VRRP thread does before a deadline, see `loop.ts`. */
const REHEARSALS_NS = [200_000, 50_000] as const;
/** Longer it sleeps where the bell and the thread's end are heard; that wait is not a precise one. */
const SHORT_NS = 25e6;
const IMPRECISE_NS = 10e6;
const NEVER = Number.POSITIVE_INFINITY;

type Packets = ReturnType<Board['packets']>;
/** How a packet is sent: the kernel's `sendto`. Negative = refused. */
export type Send = (fd: number, bytes: Uint8Array, address: Uint8Array) => number;

export class SecondThread {
  readonly #board: Board;
  readonly #clock: PreciseClock;
  readonly #send: Send;
  readonly #rehearse: () => void;
  readonly #poller = new Poller();
  /** See `loop.ts`. */
  readonly #gate = new Int32Array(new SharedArrayBuffer(4));
  readonly #plans = new Int32Array(CELLS).fill(-1);
  readonly #packets: Packets[] = Array.from({ length: CELLS }, () => []);
  /** What `#look` found: the cell that is next, and its deadline. */
  #cell = -1;
  #deadlineNs = NEVER;
  #spinNs = MOST_SPIN_NS;
  #gapNs = Number.NaN;
  #keptNs = Number.NaN;

  constructor(board: Board, clock: PreciseClock, rehearse: () => void = () => {}, send: Send = sendTo) {
    this.#board = board;
    this.#clock = clock;
    this.#rehearse = rehearse;
    this.#send = send;
  }

  run(): void {
    while (!this.turn());
  }

  /** One turn: a sleep, or a deadline. True when the thread must stop. */
  turn(): boolean {
    Atomics.wait(this.#gate, 0, 0, 0);
    const board = this.#board;
    if (board.stops) return true;
    const bell = Atomics.load(board.words, DOORBELL);
    const nowNs = this.#clock.now();
    this.#look(nowNs);
    const wakeNs = this.#deadlineNs - this.#spinNs;
    if (wakeNs <= nowNs) {
      this.#keep(this.#cell, this.#deadlineNs);
      return false;
    }
    // What is armed while it falls asleep would not be seen: so it says when it wakes, and looks again.
    if (board.wakeAtNs !== wakeNs) board.wakeAtNs = wakeNs;
    else this.#sleep(wakeNs - nowNs, bell);
    return false;
  }

  /** What is armed, or will be when the VRRP thread goes on as it does. */
  #look(nowNs: number): void {
    const board = this.#board;
    this.#cell = -1;
    this.#deadlineNs = NEVER;
    for (let cell = 0; cell < CELLS; cell += 1) {
      const token = armedToken(board.words, board.stateAt(cell));
      let deadlineNs = board.deadlineNs(cell);
      if (token === 0 || nowNs > board.latestNs(cell)) {
        const intervalNs = board.intervalNs(cell);
        if (!(intervalNs > 0)) continue;
        deadlineNs += intervalNs * Math.max(1, Math.ceil((nowNs + this.#spinNs + 1 - deadlineNs) / intervalNs));
      }
      if (deadlineNs >= this.#deadlineNs) continue;
      this.#cell = cell;
      this.#deadlineNs = deadlineNs;
    }
  }

  #keep(cell: number, deadlineNs: number): void {
    const board = this.#board;
    const token = this.#prepare(cell);
    // Taken back meanwhile, or armed anew for another time.
    if (token === 0 || board.deadlineNs(cell) !== deadlineNs) return;
    const clock = this.#clock;
    for (let index = 0; index < REHEARSALS_NS.length; index += 1) {
      const atNs = deadlineNs - (REHEARSALS_NS[index] as number);
      if (clock.now() >= atNs) continue;
      clock.spinUntil(atNs);
      this.#rehearse();
    }
    const nowNs = clock.spinUntil(deadlineNs);
    if (nowNs <= board.latestNs(cell) && claim(board.words, board.stateAt(cell), token))
      this.#speak(cell, token, nowNs);
    this.#kept(deadlineNs);
  }

  /** Reads the packets of what is armed; 0 where it is no longer. */
  #prepare(cell: number): Token {
    const board = this.#board;
    const state = board.stateAt(cell);
    const token = armedToken(board.words, state);
    if (token === 0) return 0;
    const plan = board.plan(cell);
    if (this.#plans[cell] !== plan) {
      this.#packets[cell] = board.packets(cell);
      // Whether they were written at the same time.
      const whole = armedToken(board.words, state) === token;
      this.#plans[cell] = whole ? plan : -1;
      if (!whole) return 0;
    }
    board.watch(cell, token);
    return token;
  }

  #speak(cell: number, token: Token, nowNs: number): void {
    const board = this.#board;
    const packets = this.#packets[cell] as Packets;
    const fd = board.fd(cell);
    let refused = 0;
    for (let index = 0; index < packets.length; index += 1) {
      const to = packets[index];
      if (to !== undefined && this.#send(fd, to.advert, to.address) < 0) refused = errno();
    }
    board.tellSent(cell, nowNs, refused);
    finish(board.words, board.stateAt(cell), token);
  }

  #kept(deadlineNs: number): void {
    const gapNs = deadlineNs - this.#keptNs;
    this.#keptNs = deadlineNs;
    if (!(gapNs > 0)) return;
    this.#gapNs = Number.isNaN(this.#gapNs) ? gapNs : this.#gapNs + (gapNs - this.#gapNs) * SMOOTHING;
    // Whole: a fraction would make an object of each time that is computed from it.
    this.#spinNs = Math.floor(Math.max(LEAST_SPIN_NS, Math.min(MOST_SPIN_NS, SHARE * this.#gapNs)));
  }

  #sleep(forNs: number, bell: number): void {
    const { words } = this.#board;
    if (forNs === NEVER) Atomics.wait(words, DOORBELL, bell);
    else if (forNs > SHORT_NS) Atomics.wait(words, DOORBELL, bell, (forNs - IMPRECISE_NS) / NS_PER_MS);
    else this.#poller.wait(forNs);
  }
}
