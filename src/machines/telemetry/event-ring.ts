/** The newest events, in the order of their arrival, each with an id that tells whether anything was missed. */
import type { FulcrumEvent } from '../../model/observing/events.js';

/** `id` is `EPOCH-SEQ`: the epoch names one life of the ring, the sequence counts from 1 without a gap. */
export type StoredEvent = FulcrumEvent & { readonly id: string };

export type Replay =
  | { readonly kind: 'events'; readonly events: readonly StoredEvent[] }
  /** What came after that id is not known in full any more. */
  | { readonly kind: 'gap'; readonly why: string };

export class EventRing {
  readonly #epoch: string;
  readonly #capacity: number;
  readonly #slots: (StoredEvent | undefined)[];
  #newest = 0;

  constructor(epoch: string, capacity: number) {
    this.#epoch = epoch;
    this.#capacity = capacity;
    this.#slots = new Array<StoredEvent | undefined>(capacity);
  }

  /** The id of the newest event; before any, the one that comes before the first. */
  get position(): string {
    return this.#id(this.#newest);
  }

  push(event: FulcrumEvent): StoredEvent {
    this.#newest += 1;
    const stored: StoredEvent = { id: this.#id(this.#newest), ...event };
    this.#slots[this.#newest % this.#capacity] = stored;
    return stored;
  }

  /** Everything since the event with that id, which a client may have made up. */
  after(id: string): Replay {
    const match = /^(.{1,64})-(\d{1,15})$/.exec(id);
    if (match === null) return { kind: 'gap', why: 'that is not the id of an event' };
    if (match[1] !== this.#epoch) return { kind: 'gap', why: 'events are counted anew since the gateway started' };
    const sequence = Number(match[2]);
    if (sequence > this.#newest) return { kind: 'gap', why: 'no event has that id yet' };
    if (sequence < this.#newest - this.#capacity) return { kind: 'gap', why: 'that event is too long ago' };
    return { kind: 'events', events: this.#slice(sequence + 1) };
  }

  /** The newest `count` events, oldest first. */
  latest(count: number): readonly StoredEvent[] {
    return this.#slice(this.#newest - Math.min(count, this.#capacity) + 1);
  }

  #slice(from: number): readonly StoredEvent[] {
    const events: StoredEvent[] = [];
    for (let sequence = Math.max(from, 1); sequence <= this.#newest; sequence += 1) {
      const event = this.#slots[sequence % this.#capacity];
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  #id(sequence: number): string {
    return `${this.#epoch}-${sequence}`;
  }
}
