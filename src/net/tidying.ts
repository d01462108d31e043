/**
 * Having the calling thread's young garbage collected at a time of its own choice. V8 does it when the young generation is full,
 * and whatever computes something then is late by half a millisecond. So the rest of it is filled while there is time.
 * (V8's `gc()` is no way: it gives memory back and asks for it again, and waited 76 ms for other threads that did the same.)
 */
import { getHeapSpaceStatistics } from 'node:v8';

/** Of 1 MB, the smallest young generation there is: each collection may have to wait, so that there should be few. */
const ENOUGH_BYTES = 704 * 1024;
/** 8 KB; what is much larger is not young. */
const BALLAST_SLOTS = 1000;
/** Between two looks at what is used. */
const BALLASTS = 8;
/** So many looks are 32 MB: no young generation has more room. */
const MOST_LOOKS = 512;

export class Tidying {
  readonly #enoughBytes: number;
  #tidyBytes = usedBytes();
  /** Kept for a moment, or the compiler would see that nobody needs it. */
  readonly #ballast: [unknown] = [null];

  constructor(enoughBytes = ENOUGH_BYTES) {
    this.#enoughBytes = enoughBytes;
  }

  /** Collects what has gathered since, where it is worth it. */
  tidy(): void {
    const used = usedBytes();
    // Less than before: V8 has collected meanwhile.
    if (used < this.#tidyBytes) this.#tidyBytes = used;
    if (used - this.#tidyBytes >= this.#enoughBytes) this.collect();
  }

  collect(): void {
    let used = usedBytes();
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      for (let count = 0; count < BALLASTS; count += 1) {
        // Let go first: what lives when it is collected is copied.
        this.#ballast[0] = null;
        this.#ballast[0] = new Array(BALLAST_SLOTS);
      }
      const now = usedBytes();
      if (now < used) break;
      used = now;
    }
    this.#ballast[0] = null;
    this.#tidyBytes = usedBytes();
  }
}

/** Of the young generation: only a collection makes it less. */
const usedBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_used_size ?? 0;
