/** Bounds what half-received messages hold in memory, of each client and of all together. */

export type ByteLimits = {
  readonly totalBytes: number;
  /** Of one client: others find room although one takes what it can. */
  readonly clientBytes: number;
};

export type Taken = 'taken' | 'client-full' | 'full';

/** What one message holds. */
export interface HeldMemory {
  /** Asks for so many bytes more. */
  take(bytes: number): Taken;
  /** Gives all of it back; a second time does nothing. */
  release(): void;
}

export class ByteBudget {
  readonly #limits: ByteLimits;
  readonly #byClient = new Map<string, number>();
  #heldBytes = 0;

  constructor(limits: ByteLimits) {
    this.#limits = limits;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** `client`: its address, or whatever tells it from others. Each message has a holding of its own. */
  hold(client: string): HeldMemory {
    let held = 0;
    return {
      take: (bytes) => {
        const before = this.#byClient.get(client) ?? 0;
        if (this.#heldBytes + bytes > this.#limits.totalBytes) return 'full';
        if (before + bytes > this.#limits.clientBytes) return 'client-full';
        this.#change(client, before + bytes, bytes);
        held += bytes;
        return 'taken';
      },
      release: () => {
        this.#change(client, (this.#byClient.get(client) ?? 0) - held, -held);
        held = 0;
      },
    };
  }

  #change(client: string, now: number, by: number): void {
    this.#heldBytes += by;
    if (now > 0) this.#byClient.set(client, now);
    else this.#byClient.delete(client);
  }
}
