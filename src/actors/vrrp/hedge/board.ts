/** The memory that the VRRP thread and its second sender share: the adverts that are armed, with all that sending them needs. */
import type { Token } from '../../../machines/vrrp/armed-advert.js';
import type { Outgoing } from '../instance/packets.js';

/** So many instances at most: the second thread, too, may hold its processor for a small part of the time only. */
export const CELLS = 16;
/** 32 peers, or all the addresses that an advert of IPv4 has room for, with room to spare. */
const ROOM_BYTES = 4096;

// Of the board, in words. The doorbell wakes a second thread that sleeps long.
export const DOORBELL = 0;
const STOP = 1;
const FENCE = 2;
const READY = 3;
const BOARD_WORDS = 4;
// Of a cell, in words. `STATE` is the armed advert's; what follows is written while nothing is armed.
const STATE = 0;
/** Grows with each change of the packets. */
const PLAN = 1;
const FD = 2;
const DESTINATIONS = 3;
// By the second thread: the token that it waits for, and the errno of what it could not send.
const WATCHED = 4;
const ERRNO = 5;
const CELL_WORDS = 6;
// Of the board and of a cell, in times.
const WAKE_AT = 0;
const BOARD_TIMES = 1;
const DEADLINE = 0;
const LATEST = 1;
const INTERVAL = 2;
const SENT_AT = 3;
const CELL_TIMES = 4;

const TIMES_AT = 4 * (BOARD_WORDS + CELLS * CELL_WORDS);
const ROOMS_AT = TIMES_AT + 8 * (BOARD_TIMES + CELLS * CELL_TIMES);
const BOARD_BYTES = ROOMS_AT + CELLS * ROOM_BYTES;
/** Before each destination: the length of its address, and that of its packet. */
const LENGTHS_BYTES = 8;

export const newBoardMemory = (): SharedArrayBuffer => new SharedArrayBuffer(BOARD_BYTES);

export class Board {
  readonly words: Int32Array;
  readonly #times: Float64Array;
  readonly memory: SharedArrayBuffer;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.words = new Int32Array(memory, 0, BOARD_WORDS + CELLS * CELL_WORDS);
    this.#times = new Float64Array(memory, TIMES_AT, BOARD_TIMES + CELLS * CELL_TIMES);
  }

  /** Of a cell's armed advert, in `words`. */
  stateAt(cell: number): number {
    return BOARD_WORDS + cell * CELL_WORDS + STATE;
  }

  /** The second thread waits for adverts. */
  get isReady(): boolean {
    return Atomics.load(this.words, READY) !== 0;
  }
  tellReady(): void {
    Atomics.store(this.words, READY, 1);
  }

  get stops(): boolean {
    return Atomics.load(this.words, STOP) !== 0;
  }
  stop(): void {
    Atomics.store(this.words, STOP, 1);
    this.ring();
  }
  ring(): void {
    Atomics.add(this.words, DOORBELL, 1);
    Atomics.notify(this.words, DOORBELL);
  }

  /** When the second thread looks again at the latest. It must look once more after writing it: the first may have armed meanwhile. */
  get wakeAtNs(): number {
    Atomics.load(this.words, FENCE);
    return this.#times[WAKE_AT] as number;
  }
  set wakeAtNs(atNs: number) {
    this.#times[WAKE_AT] = atNs;
    Atomics.add(this.words, FENCE, 1);
  }

  deadlineNs(cell: number): number {
    return this.#time(cell, DEADLINE);
  }
  /** Later than this the second thread lets it be: the first one listens before it speaks. */
  latestNs(cell: number): number {
    return this.#time(cell, LATEST);
  }
  /** Until the advert after the armed one; 0 = none is expected. */
  intervalNs(cell: number): number {
    return this.#time(cell, INTERVAL);
  }
  schedule(cell: number, deadlineNs: number, latestNs: number, intervalNs: number): void {
    const at = BOARD_TIMES + cell * CELL_TIMES;
    this.#times[at + DEADLINE] = deadlineNs;
    this.#times[at + LATEST] = latestNs;
    this.#times[at + INTERVAL] = intervalNs;
  }
  expectNothing(cell: number): void {
    this.#times[BOARD_TIMES + cell * CELL_TIMES + INTERVAL] = 0;
  }

  sentAtNs(cell: number): number {
    return this.#time(cell, SENT_AT);
  }
  errno(cell: number): number {
    return this.#word(cell, ERRNO);
  }
  /** Before `finish`. */
  tellSent(cell: number, atNs: number, errno: number): void {
    this.#times[BOARD_TIMES + cell * CELL_TIMES + SENT_AT] = atNs;
    this.words[this.stateAt(cell) + ERRNO] = errno;
  }

  watched(cell: number): Token {
    return Atomics.load(this.words, this.stateAt(cell) + WATCHED);
  }
  watch(cell: number, token: Token): void {
    Atomics.store(this.words, this.stateAt(cell) + WATCHED, token);
  }

  plan(cell: number): number {
    return this.#word(cell, PLAN);
  }
  fd(cell: number): number {
    return this.#word(cell, FD);
  }

  /** While nothing is armed. False where they are too many, or too long. */
  setPackets(cell: number, fd: number, outgoing: readonly Outgoing[]): boolean {
    const state = this.stateAt(cell);
    let bytes = 0;
    for (const { address, advert } of outgoing) bytes += LENGTHS_BYTES + padded(address.length) + padded(advert.length);
    const fits = bytes <= ROOM_BYTES;
    this.words[state + FD] = fd;
    this.words[state + DESTINATIONS] = fits ? outgoing.length : 0;
    this.words[state + PLAN] = this.plan(cell) + 1;
    if (!fits) return false;
    let at = ROOMS_AT + cell * ROOM_BYTES;
    for (const { address, advert } of outgoing) {
      new Int32Array(this.memory, at, 2).set([address.length, advert.length]);
      at += LENGTHS_BYTES;
      new Uint8Array(this.memory, at, address.length).set(address);
      at += padded(address.length);
      new Uint8Array(this.memory, at, advert.length).set(advert);
      at += padded(advert.length);
    }
    return true;
  }

  /** Copies of what is there; nonsense where it is being written, which no claim follows. */
  packets(cell: number): readonly Pick<Outgoing, 'address' | 'advert'>[] {
    const copies: { address: Uint8Array; advert: Uint8Array }[] = [];
    const end = ROOMS_AT + (cell + 1) * ROOM_BYTES;
    let at = ROOMS_AT + cell * ROOM_BYTES;
    for (let left = this.#word(cell, DESTINATIONS); left > 0; left -= 1) {
      const [addressLength = 0, advertLength = 0] = new Int32Array(this.memory, at, 2);
      const advertAt = at + LENGTHS_BYTES + padded(addressLength);
      const next = advertAt + padded(advertLength);
      if (addressLength < 0 || advertLength < 0 || next > end) return [];
      const copy = (from: number, length: number) => new Uint8Array(this.memory, from, length).slice();
      copies.push({ address: copy(at + LENGTHS_BYTES, addressLength), advert: copy(advertAt, advertLength) });
      at = next;
    }
    return copies;
  }

  #time(cell: number, what: number): number {
    return this.#times[BOARD_TIMES + cell * CELL_TIMES + what] as number;
  }
  #word(cell: number, what: number): number {
    return this.words[this.stateAt(cell) + what] as number;
  }
}

const padded = (length: number): number => (length + 7) & ~7;
