/**
 * A hierarchical timer wheel: any number of timers, each a small integer, at O(1) a change and without an allocation.
 * Level 0 has a slot a tick; each slot of a higher level holds what falls into a whole turn of the level below, and is
 * dealt out ("cascades") when its time comes. Timers of one slot are in the order in which they were set.
 */
import { type Nanoseconds, NS_PER_MS, ns } from '../../wire/units.js';

/** As fine as the event loop's timers. */
export const TICK_NS = NS_PER_MS;
const BITS = 8;
const SLOTS = 1 << BITS;
const MASK = SLOTS - 1;
const LEVELS = 4;
/** The list that is being fired, behind those of the slots. */
const FIRING = LEVELS * SLOTS;
/** Ticks are 32-bit; at 2^30 (12 days) all timers move to a new origin. */
const REBASE_TICKS = 2 ** 30;
/** A longer wait (6 days) is cut to this, and goes on from there. */
const MAX_WAIT_TICKS = 2 ** 29;
const NONE = -1;
const WORD_BITS = 32;

export class TimerWheel {
  readonly #rebaseTicks: number;
  /** Tick 0, in ticks of the monotonic clock. */
  #origin: number;
  #current = 0;
  #count = 0;
  readonly #heads = new Int32Array(FIRING + 1).fill(NONE);
  readonly #tails = new Int32Array(FIRING + 1).fill(NONE);
  /** One bit a slot: is there anything in it? */
  readonly #filled = new Uint32Array((LEVELS * SLOTS) / WORD_BITS);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #list = new Int32Array(0);
  #deadlines = new Float64Array(0);

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
    this.#deadlines[id] = deadlineNs;
    this.#count += 1;
    this.#place(id);
  }

  clear(id: number): void {
    const list = this.#list[id] ?? NONE;
    if (list === NONE) return;
    this.#count -= 1;
    this.#unlink(id, list);
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
    const tick = Math.ceil((this.#deadlines[id] ?? 0) / TICK_NS) - this.#origin;
    // What is due already fires at the next tick, so that a timer that sets itself cannot hold `advance` for ever.
    const due = Math.min(Math.max(tick, this.#current + 1), this.#current + MAX_WAIT_TICKS);
    // The level is where the deadline's digits first differ from the present's: its slot lies ahead in this turn.
    const level = (31 - Math.clz32(due ^ this.#current)) >> 3;
    this.#append(id, level * SLOTS + ((due >>> (level * BITS)) & MASK));
  }

  #fireSlot(slot: number, nowNs: Nanoseconds, fire: (id: number) => void): void {
    // Moved to a list of its own first: what fires may set timers into the same slot.
    for (let id = this.#heads[slot] ?? NONE; id !== NONE; id = this.#heads[slot] ?? NONE) {
      this.#unlink(id, slot);
      this.#append(id, FIRING);
    }
    for (let id = this.#heads[FIRING] ?? NONE; id !== NONE; id = this.#heads[FIRING] ?? NONE) {
      this.#unlink(id, FIRING);
      if ((this.#deadlines[id] ?? 0) > nowNs) {
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
    const tick = Math.ceil((this.#deadlines[id] ?? 0) / TICK_NS) - this.#origin;
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

  #append(id: number, list: number): void {
    const tail = this.#tails[list] ?? NONE;
    this.#previous[id] = tail;
    this.#next[id] = NONE;
    if (tail === NONE) this.#heads[list] = id;
    else this.#next[tail] = id;
    this.#tails[list] = id;
    this.#list[id] = list;
    if (list < FIRING) this.#filled[list >> 5] = (this.#filled[list >> 5] ?? 0) | (1 << (list & 31));
  }

  #unlink(id: number, list: number): void {
    const previous = this.#previous[id] ?? NONE;
    const next = this.#next[id] ?? NONE;
    if (previous === NONE) this.#heads[list] = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#tails[list] = previous;
    else this.#previous[next] = previous;
    this.#list[id] = NONE;
    if (list < FIRING && this.#heads[list] === NONE) {
      this.#filled[list >> 5] = (this.#filled[list >> 5] ?? 0) & ~(1 << (list & 31));
    }
  }

  #rebase(): void {
    const set: number[] = [];
    for (let id = 0; id < this.#list.length; id += 1) {
      const list = this.#list[id] ?? NONE;
      if (list === NONE) continue;
      this.#unlink(id, list);
      set.push(id);
    }
    this.#origin += this.#current;
    this.#current = 0;
    for (const id of set) this.#place(id);
  }

  #grow(id: number): void {
    if (id < this.#list.length) return;
    const size = Math.max(64, id + 1, 2 * this.#list.length);
    const grown = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const array = new Int32Array(size).fill(NONE);
      array.set(old);
      return array;
    };
    this.#next = grown(this.#next);
    this.#previous = grown(this.#previous);
    this.#list = grown(this.#list);
    const deadlines = new Float64Array(size);
    deadlines.set(this.#deadlines);
    this.#deadlines = deadlines;
  }
}
