/**
 * Descriptors that outlive an actor's thread. The memory belongs to the supervisor: what a thread leaves there, its replacement finds.
 * 0 = free. Who takes a number out of it closes it.
 */
export type KeptFds = Int32Array<SharedArrayBuffer>;

/** As many listeners as one thread may have; pages that nobody writes take no memory. */
const KEPT_FDS = 16_384;

export const createKeptFds = (): KeptFds =>
  new Int32Array(new SharedArrayBuffer(KEPT_FDS * Int32Array.BYTES_PER_ELEMENT));
