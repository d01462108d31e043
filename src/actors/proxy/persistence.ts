/** Client affinity: which destination a client address was given, for a time after its last new connection. */

import type { DestinationKey } from '../../model/dataplane/table.js';
import type { Nanoseconds } from '../../model/units.js';

type Memory = { readonly destination: DestinationKey; readonly untilNs: number };

export class Persistence {
  readonly #limit: number;
  /** Oldest use first. */
  readonly #clients = new Map<string, Memory>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  find(client: string, nowNs: Nanoseconds): DestinationKey | null {
    const memory = this.#clients.get(client);
    return memory !== undefined && memory.untilNs > nowNs ? memory.destination : null;
  }

  remember(client: string, destination: DestinationKey, untilNs: number): void {
    this.#clients.delete(client);
    this.#clients.set(client, { destination, untilNs });
    if (this.#clients.size <= this.#limit) return;
    for (const oldest of this.#clients.keys()) {
      this.#clients.delete(oldest);
      break;
    }
  }

  /** Drops what has run out. Every client's time is equally long, so the first that has not ends the search. */
  prune(nowNs: Nanoseconds): void {
    for (const [client, { untilNs }] of this.#clients) {
      if (untilNs > nowNs) break;
      this.#clients.delete(client);
    }
  }

  get size(): number {
    return this.#clients.size;
  }
}
