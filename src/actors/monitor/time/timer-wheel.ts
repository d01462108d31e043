/**
 * A hierarchical timer wheel: any number of timers, each a small integer, at O(1) a change and without an allocation.
 * Level 0 has a slot a tick; each slot of a higher level holds what falls into a whole turn of the level below, and is
 * dealt out ("cascades") when its time comes. Timers of one slot are in the order in which they were set.
 */
import { type Nanoseconds, NS_PER_MS, ns } from '../../../model/units.js';

/**
 * No check needs to be more exact, and a wake-up costs as much as one or two checks (20-40 us on a virtual machine, in C as in
 * JavaScript): what is due within a tick shares one.
 */
export const TICK_NS = 4 * NS_PER_MS;
const BITS = 8;
const SLOTS = 1 << BITS;
const MASK = SLOTS - 1;
const LEVELS = 4;
/** Ticks are 32-bit; at 2^30 (50 days) all timers move to a new origin. */
const REBASE_TICKS = 2 ** 30;
/** A longer wait (25 days) is cut to this, and goes on from there. */
const MAX_WAIT_TICKS = 2 ** 29;
const NONE = -1;
/** 32-bit numbers in a timer's row; the deadline, a 64-bit one, is the first two. */
const ROW = 8;
const ROW_BYTES = 4 * ROW;
const DEADLINES = ROW / 2;
const NEXT = 2;
const PREVIOUS = 3;
const SLOT = 4;
const WORD_BITS = 32;

export class TimerWheel {
  readonly #rebaseTicks: number;
  /** Tick 0, in ticks of the monotonic clock. */
  #origin: number;
  #current = 0;
  #count = 0;
  readonly #heads = new Int32Array(LEVELS * SLOTS).fill(NONE);
  readonly #tails = new Int32Array(LEVELS * SLOTS).fill(NONE);
  /** One bit a slot: is there anything in it? */
  readonly #filled = new Uint32Array((LEVELS * SLOTS) / WORD_BITS);
  /** A row a timer, so that a look at one is one wait for the memory: deadline, next, previous, slot (or NONE), unused. */
  #links = new Int32Array(0);
  #deadlines = new Float64Array(0);
  /** Rows. */
  #capacity = 0;

  constructor(nowNs: Nanoseconds, rebaseTicks = REBASE_TICKS) {
    this.#origin = Math.floor(nowNs / TICK_NS);
    this.#rebaseTicks = rebaseTicks;
  }

  /** Timers that are set. */
  get size(): number {
    return this.#count;
  }

  /** Sets (or moves) timer `id`. It fires at the first `advance` at or after the deadline, rounded up to a tick. */
  set(id: number, deadlineNs: Nanoseconds): void {
    this.#grow(id);
    this.clear(id);
    this.#deadlines[id * DEADLINES] = deadlineNs;
    this.#count += 1;
    this.#place(id);
  }

  clear(id: number): void {
    const slot = this.#links[id * ROW + SLOT] ?? NONE;
    if (slot === NONE) return;
    this.#count -= 1;
    this.#unlink(id, slot);
  }

  /** Fires all that is due at `nowNs`, earliest tick first. `fire` may set and clear any timer. */
  advance(nowNs: Nanoseconds, fire: (id: number) => void): void {
    const target = Math.floor(nowNs / TICK_NS) - this.#origin;
    for (let event = this.#nextEvent(); event <= target; event = this.#nextEvent()) {
      this.#current = event;
      this.#cascade();
      this.#fireSlot(event & MASK, nowNs, fire);
    }
    if (target > this.#current) this.#current = target;
    if (this.#current >= this.#rebaseTicks) this.#rebase();
  }

  /** When `advance` has something to do next, at the latest; Infinity when no timer is set. */
  nextNs(): Nanoseconds {
    const event = this.#nextEvent();
    return ns(event === Number.POSITIVE_INFINITY ? event : (this.#origin + event) * TICK_NS);
  }

  #place(id: number): void {
    const tick = Math.ceil((this.#deadlines[id * DEADLINES] ?? 0) / TICK_NS) - this.#origin;
    // What is due already fires at the next tick, so that a timer that sets itself cannot hold `advance` for ever.
    const due = Math.min(Math.max(tick, this.#current + 1), this.#current + MAX_WAIT_TICKS);
    // The level is where the deadline's digits first differ from the present's: its slot lies ahead in this turn.
    const level = (31 - Math.clz32(due ^ this.#current)) >> 3;
    this.#append(id, level * SLOTS + ((due >>> (level * BITS)) & MASK));
  }

  #fireSlot(slot: number, nowNs: Nanoseconds, fire: (id: number) => void): void {
    // What is set meanwhile goes into other slots: this one comes again in a whole turn, which is the next level's.
    for (let id = this.#heads[slot] ?? NONE; id !== NONE; id = this.#heads[slot] ?? NONE) {
      this.#unlink(id, slot);
      if ((this.#deadlines[id * DEADLINES] ?? 0) > nowNs) {
        this.#place(id);
        continue;
      }
      this.#count -= 1;
      fire(id);
    }
  }

  /** At the start of a level's turn, deals out the slot above it that begins now. */
  #cascade(): void {
    for (let level = LEVELS - 1; level > 0; level -= 1) {
      const lower = level * BITS;
      if ((this.#current & ((1 << lower) - 1)) !== 0) continue;
      const slot = level * SLOTS + ((this.#current >>> lower) & MASK);
      for (let id = this.#heads[slot] ?? NONE; id !== NONE; id = this.#heads[slot] ?? NONE) {
        this.#unlink(id, slot);
        this.#placeAtOrAfterNow(id);
      }
    }
  }

  /** As `#place`, but a timer of this very tick goes into the slot that is fired next. */
  #placeAtOrAfterNow(id: number): void {
    const tick = Math.ceil((this.#deadlines[id * DEADLINES] ?? 0) / TICK_NS) - this.#origin;
    if (tick <= this.#current) this.#append(id, this.#current & MASK);
    else this.#place(id);
  }

  /** The next tick at which a slot fires or cascades. */
  #nextEvent(): number {
    for (let level = 0; level < LEVELS; level += 1) {
      const shift = level * BITS;
      const digit = (this.#current >>> shift) & MASK;
      const slot = this.#nextFilled(level, digit + 1);
      if (slot !== NONE) return (this.#current & ~((1 << shift) * SLOTS - 1)) + slot * 2 ** shift;
    }
    return Number.POSITIVE_INFINITY;
  }

  #nextFilled(level: number, from: number): number {
    const base = (level * SLOTS) / WORD_BITS;
    for (let word = from >> 5; word < SLOTS / WORD_BITS; word += 1) {
      let bits = this.#filled[base + word] ?? 0;
      if (word === from >> 5) bits &= -1 << (from & 31);
      if (bits !== 0) return word * WORD_BITS + (31 - Math.clz32(bits & -bits));
    }
    return NONE;
  }

  #append(id: number, slot: number): void {
    const links = this.#links;
    const at = id * ROW;
    const tail = this.#tails[slot] ?? NONE;
    links[at + PREVIOUS] = tail;
    links[at + NEXT] = NONE;
    links[at + SLOT] = slot;
    if (tail === NONE) this.#heads[slot] = id;
    else links[tail * ROW + NEXT] = id;
    this.#tails[slot] = id;
    this.#filled[slot >> 5] = (this.#filled[slot >> 5] ?? 0) | (1 << (slot & 31));
  }

  #unlink(id: number, slot: number): void {
    const links = this.#links;
    const at = id * ROW;
    const previous = links[at + PREVIOUS] ?? NONE;
    const next = links[at + NEXT] ?? NONE;
    if (previous === NONE) this.#heads[slot] = next;
    else links[previous * ROW + NEXT] = next;
    if (next === NONE) this.#tails[slot] = previous;
    else links[next * ROW + PREVIOUS] = previous;
    links[at + SLOT] = NONE;
    if (this.#heads[slot] === NONE) {
      this.#filled[slot >> 5] = (this.#filled[slot >> 5] ?? 0) & ~(1 << (slot & 31));
    }
  }

  #rebase(): void {
    const set: number[] = [];
    for (let id = 0; id < this.#capacity; id += 1) {
      const slot = this.#links[id * ROW + SLOT] ?? NONE;
      if (slot === NONE) continue;
      this.#unlink(id, slot);
      set.push(id);
    }
    this.#origin += this.#current;
    this.#current = 0;
    for (const id of set) this.#place(id);
  }

  #grow(id: number): void {
    if (id < this.#capacity) return;
    const capacity = Math.max(64, id + 1, 2 * this.#capacity);
    const rows = new ArrayBuffer(capacity * ROW_BYTES);
    const links = new Int32Array(rows).fill(NONE);
    links.set(this.#links);
    this.#links = links;
    this.#deadlines = new Float64Array(rows);
    this.#capacity = capacity;
  }
}
