/**
 * Having the calling thread's young garbage collected at a time of its own choice. V8 does it when the young generation is full,
 * and whatever computes something then is late by half a millisecond. So the rest of it is filled while there is time.
 * (V8's `gc()` is no way: it gives memory back and asks for it again, and waited 76 ms for other threads that did the same.)
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { type Nanoseconds, NS_PER_S } from '../../model/units.js';

/** As much as gathers between two chances to tidy, several times over; less than half of 1 MB, the smallest young generation. */
const LEAST_ROOM_BYTES = 384 * 1024;
/** 8 KB; what is much larger is not young. */
const BALLAST_SLOTS = 1000;
const BALLAST_BYTES = 8 * BALLAST_SLOTS;
/** Between two looks at what is used. */
const BALLASTS = 8;
/**
 * A thread that makes less than 1 MB/s is idle to V8: each collection gives back half of the young memory, which the next one
 * asks the kernel for again, and waits behind all other threads of the process that ask for some: for up to 76 ms.
 */
const BUSY_BYTES_PER_NS = 1.25e6 / NS_PER_S;
/** However long ago the last time was. */
const MOST_BUSY_BYTES = 2.5e6;
/** So many looks are 32 MB: no young generation has more room. */
const MOST_LOOKS = 512;
/**
 * V8 shares a collection with threads of its own, and waits for those that have begun. They have no rights: on a busy machine
 * each fifth collection took more than 10 ms, and some took 60. Alone it takes half a millisecond.
 */
const SHARED = ['parallel-scavenge', 'concurrent-array-buffer-sweeping'] as const;
/** V8 doubles the young generation when as much has survived in it as it holds; more than a quarter, and some grows old here. */
const SURVIVING_SHARE = 0.25;
const GROWTH_ROUNDS = 6;

export class GcPacer {
  readonly #leastRoomBytes: number;
  /** Kept for a moment, or the compiler would see that nobody needs it. */
  readonly #ballast: [unknown] = [null];
  #tidiedNs = 0;

  constructor(leastRoomBytes = LEAST_ROOM_BYTES) {
    this.#leastRoomBytes = leastRoomBytes;
  }

  /** To be called about once a second: makes as much garbage as keeps the thread busy, or collects where that would leave little room. */
  tidy(nowNs: Nanoseconds): void {
    const bytes = Math.min((nowNs - this.#tidiedNs) * BUSY_BYTES_PER_NS, MOST_BUSY_BYTES);
    this.#tidiedNs = nowNs;
    // Never more than there is room for: V8 would collect in its own way.
    if (young().space_available_size - bytes < this.#leastRoomBytes) this.collect();
    else this.#make(bytes / BALLAST_BYTES);
  }

  collect(): void {
    // Of the whole process, but read only when a collection begins: another thread's that begins now is alone too, no more.
    for (const flag of SHARED) setFlagsFromString(`--no-${flag}`);
    this.#fill();
    for (const flag of SHARED) setFlagsFromString(`--${flag}`);
  }

  /** Has V8 give the young generation all the room that the thread's limits allow, so that it is seldom full. */
  grow(): void {
    for (let before = 0, bytes = capacityBytes(); bytes > before; before = bytes, bytes = capacityBytes()) {
      const kept = new Array<unknown>(Math.floor((SURVIVING_SHARE * bytes) / BALLAST_BYTES));
      const ballasts = (GROWTH_ROUNDS * bytes) / BALLAST_BYTES;
      for (let count = 0; count < ballasts; count += 1) kept[count % kept.length] = new Array(BALLAST_SLOTS);
    }
  }

  /** Until V8 has to collect. */
  #fill(): void {
    let used = young().space_used_size;
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      this.#make(BALLASTS);
      const now = young().space_used_size;
      if (now < used) break;
      used = now;
    }
  }

  #make(ballasts: number): void {
    for (let count = 0; count < ballasts; count += 1) {
      this.#ballast[0] = new Array(BALLAST_SLOTS);
      // What lives when it is collected is copied.
      this.#ballast[0] = null;
    }
  }
}

const capacityBytes = (): number => young().space_used_size + young().space_available_size;

/** Only a collection makes less of what is used. */
function young() {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  if (space === undefined) throw new Error('V8 tells nothing of its young generation');
  return space;
}
