/** The counters of one link, in memory that both ends and the supervisor see: a mailbox's depth costs nobody a message. */

const FIELDS = { sent: 0, taken: 1, waiting: 2 } as const;
const SLOTS = 4;

export const createCounters = (): SharedArrayBuffer => new SharedArrayBuffer(2 * SLOTS * Int32Array.BYTES_PER_ELEMENT);

/** One direction's counters. They wrap at 32 bits; only differences are read. */
export type DirectionCounters = {
  markSent(): void;
  markTaken(): void;
  /** Sent and not taken. */
  depth(): number;
  /** The sender asks to be woken at the next message taken. */
  wait(): void;
  /** True once after `wait`. */
  woken(): boolean;
};

export function directionCounters(memory: SharedArrayBuffer, direction: 'aToB' | 'bToA'): DirectionCounters {
  const cells = new Int32Array(memory, direction === 'aToB' ? 0 : SLOTS * Int32Array.BYTES_PER_ELEMENT, SLOTS);
  return {
    markSent: () => void Atomics.add(cells, FIELDS.sent, 1),
    markTaken: () => void Atomics.add(cells, FIELDS.taken, 1),
    depth: () => (Atomics.load(cells, FIELDS.sent) - Atomics.load(cells, FIELDS.taken)) | 0,
    wait: () => void Atomics.store(cells, FIELDS.waiting, 1),
    woken: () => Atomics.exchange(cells, FIELDS.waiting, 0) === 1,
  };
}
