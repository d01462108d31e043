/** Documents are read one at a time, for each takes a processor and much memory; clients take turns. */

import { ProblemError } from './http/problem.js';
import type { ListenerKind } from './listeners/guard.js';
import { MAX_WAITING_DOCUMENTS, MAX_WAITING_OF_CLIENT } from './listeners/listener-limits.js';

/** Who asks: all of one address, or a /64 of IPv6, are one client, and so are all of the unix socket. */
export type Client = { readonly door: ListenerKind; readonly address: string };

type Waiting = { readonly client: Client; readonly begin: () => void };

export class Turns {
  /** By client, those whose turn comes first at the front. */
  readonly #queues = new Map<string, Waiting[]>();
  #busy = false;

  /**
   * Does the work when its turn comes, unless the client has gone by then.
   * @throws ProblemError 429 when this client waits with too many, 503 when all together do
   */
  async run<T>(client: Client, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#busy) await this.#wait(client, signal);
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
      this.#next();
    }
  }

  #wait(client: Client, signal: AbortSignal): Promise<void> {
    const key = `${client.door}/${client.address}`;
    const queue = this.#queues.get(key) ?? [];
    if (queue.length >= MAX_WAITING_OF_CLIENT) throw refusal(429, 'ERR_TOO_MANY_REQUESTS', 'your documents');
    const waiting = [...this.#queues.values()].flat().filter((one) => one.client.door === client.door);
    if (waiting.length >= MAX_WAITING_DOCUMENTS) throw refusal(503, 'ERR_UNAVAILABLE', 'other documents');
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        client,
        begin: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = () => {
        this.#remove(key, entry);
        reject(new ProblemError(503, 'ERR_UNAVAILABLE', 'the client has gone'));
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(entry);
      this.#queues.set(key, queue);
    });
  }

  #next(): void {
    const [first] = this.#queues;
    if (first === undefined) return;
    const [key, queue] = first;
    const [entry] = queue;
    this.#queues.delete(key);
    if (queue.length > 1) this.#queues.set(key, queue.slice(1));
    // Nobody who comes meanwhile may go first.
    this.#busy = true;
    entry?.begin();
  }

  #remove(key: string, entry: Waiting): void {
    const left = (this.#queues.get(key) ?? []).filter((one) => one !== entry);
    if (left.length > 0) this.#queues.set(key, left);
    else this.#queues.delete(key);
  }
}

const refusal = (status: number, code: string, whose: string): ProblemError =>
  new ProblemError(status, code, `${whose} wait to be read already; ask again in a moment`, { 'retry-after': '5' });
