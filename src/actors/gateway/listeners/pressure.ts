/** Bounds what answers under way cost, per listener: clients of one that never read must not keep those of another out. */
import type { ServerResponse } from 'node:http';
import { ProblemError } from '../http/problem.js';
import type { Client } from '../turns.js';
import { Budget } from './budget.js';
import type { ListenerKind } from './guard.js';
import { HELD_BODIES, MAX_REQUESTS_IN_FLIGHT, MAX_UNSENT_BYTES } from './limits.js';

type Load = { requests: number; unsentBytes: number; readonly bodies: Budget };
const noLoad = (): Load => ({ requests: 0, unsentBytes: 0, bodies: new Budget(HELD_BODIES) });

export class Pressure {
  readonly #loads: Readonly<Record<ListenerKind, Load>> = {
    unix: noLoad(),
    tcp: noLoad(),
    metrics: noLoad(),
  };

  /** Counts a request until its answer is sent, or its client gone. @throws ProblemError when there are too many */
  admit(door: ListenerKind, response: ServerResponse): void {
    const load = this.#loads[door];
    if (load.requests >= MAX_REQUESTS_IN_FLIGHT) throw tooMuch('too many requests at once');
    load.requests += 1;
    response.once('close', () => {
      load.requests -= 1;
    });
  }

  /**
   * Counts a body, by its announced length, until its answer is sent or its client gone.
   * @throws ProblemError when this client, or all together, announced too much
   */
  expect({ door, address }: Client, response: ServerResponse, bytes: number): void {
    const holding = this.#loads[door].bodies.hold(address);
    if (holding.take(bytes) !== 'taken') throw tooMuch('too many large bodies at once');
    response.once('close', () => holding.release());
  }

  /**
   * Counts an answer's size until it is sent. One at a time may be larger than the limit.
   * @throws ProblemError when others wait for their clients with too much
   */
  hold(door: ListenerKind, response: ServerResponse, bytes: number): void {
    const load = this.#loads[door];
    if (load.unsentBytes > 0 && load.unsentBytes + bytes > MAX_UNSENT_BYTES) {
      throw tooMuch('clients that do not read their answers hold too much memory');
    }
    load.unsentBytes += bytes;
    response.once('close', () => {
      load.unsentBytes -= bytes;
    });
  }
}

const tooMuch = (why: string): ProblemError =>
  new ProblemError(429, 'ERR_TOO_MANY_REQUESTS', `${why}; ask again in a moment`, { 'retry-after': '1' });
