/** Bounds what clients may have of something (bytes of half-received messages, places), each client and all together. */
import { addressBytes, addressText } from '../../../model/ip-address.js';

export type BudgetLimits = {
  readonly total: number;
  /** Of one client: others find room although one takes what it can. */
  readonly perClient: number;
};

export type Taken = 'taken' | 'client-full' | 'full';

/** What one message, call or connection has. */
export interface Holding {
  /** Asks for so much more. */
  take(amount: number): Taken;
  /** Gives all of it back; a second time does nothing. */
  release(): void;
}

export class Budget {
  readonly #limits: BudgetLimits;
  readonly #byClient = new Map<string, number>();
  #held = 0;

  constructor(limits: BudgetLimits) {
    this.#limits = limits;
  }

  get held(): number {
    return this.#held;
  }

  /** `client`: its address, or whatever tells it from others. */
  hold(client: string): Holding {
    let mine = 0;
    return {
      take: (amount) => {
        const before = this.#byClient.get(client) ?? 0;
        if (this.#held + amount > this.#limits.total) return 'full';
        if (before + amount > this.#limits.perClient) return 'client-full';
        this.#change(client, before + amount, amount);
        mine += amount;
        return 'taken';
      },
      release: () => {
        this.#change(client, (this.#byClient.get(client) ?? 0) - mine, -mine);
        mine = 0;
      },
    };
  }

  #change(client: string, now: number, by: number): void {
    this.#held += by;
    if (now > 0) this.#byClient.set(client, now);
    else this.#byClient.delete(client);
  }
}

/** Who has an IPv6 address has all of its /64. */
export function clientOf(remoteAddress: string): string {
  const bytes = addressBytes(remoteAddress.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, ''));
  if (bytes === null || bytes.length === 4) return remoteAddress.replace(/^::ffff:/i, '');
  return `${addressText(Uint8Array.from(bytes, (byte, index) => (index < 8 ? byte : 0)))}/64`;
}
