/** Bounds what answers under way cost, per listener: clients of one that never read must not keep those of another out. */
import type { ServerResponse } from 'node:http';
import { ProblemError } from '../http/problem.js';
import type { Client } from '../turns.js';
import { Budget, type BudgetLimits } from './budget.js';
import type { ListenerKind } from './guard.js';
import { HELD_BODIES, MAX_UNSENT_BYTES, MAX_UNSENT_OF_CLIENT, REQUESTS_IN_FLIGHT } from './listener-limits.js';

type Load = {
  readonly requests: Budget;
  readonly unsent: Budget;
  readonly unsentOfClient: number;
  readonly bodies: Budget;
};
const noLoad = (requests: BudgetLimits, unsentOfClient = MAX_UNSENT_OF_CLIENT): Load => ({
  requests: new Budget(requests),
  unsent: new Budget({ total: MAX_UNSENT_BYTES, perClient: unsentOfClient }),
  unsentOfClient,
  bodies: new Budget(HELD_BODIES),
});
/** So many bytes more. @throws ProblemError when others wait for their clients with too much */
export type Hold = (bytes: number) => void;
/** All clients of a unix socket look like one. */
const REQUESTS_OF_UNIX = { total: REQUESTS_IN_FLIGHT.total, perClient: REQUESTS_IN_FLIGHT.total };

export class Pressure {
  readonly #loads: Readonly<Record<ListenerKind, Load>> = {
    unix: noLoad(REQUESTS_OF_UNIX, MAX_UNSENT_BYTES),
    tcp: noLoad(REQUESTS_IN_FLIGHT),
    metrics: noLoad(REQUESTS_IN_FLIGHT),
  };

  /** Counts a request until its answer is sent, or its client gone. @throws ProblemError when there are too many */
  admit({ door, address }: Client, response: ServerResponse): void {
    const holding = this.#loads[door].requests.hold(address);
    const taken = holding.take(1);
    if (taken !== 'taken') {
      throw tooMuch(taken === 'full' ? 'too many requests at once' : 'too many requests of this client at once');
    }
    response.once('close', () => holding.release());
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

  /** Counts an answer as it is made, until it is sent. What is larger than the limit counts as the limit: it may be all that a client has. */
  holder({ door, address }: Client, response: ServerResponse): Hold {
    const { unsent, unsentOfClient } = this.#loads[door];
    const holding = unsent.hold(address);
    let own = 0;
    response.once('close', () => holding.release());
    return (bytes) => {
      // Its client went while it was made.
      if (response.closed) return;
      const counted = Math.min(own, unsentOfClient);
      if (holding.take(Math.min(own + bytes, unsentOfClient) - counted) !== 'taken') {
        throw tooMuch('clients that do not read their answers hold too much memory');
      }
      own += bytes;
    };
  }
}

const tooMuch = (why: string): ProblemError =>
  new ProblemError(429, 'ERR_TOO_MANY_REQUESTS', `${why}; ask again in a moment`, { 'retry-after': '1' });
