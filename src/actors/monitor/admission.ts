/**
 * Who may probe now: a limit per host and one per shard. Those who must wait do so in order of arrival per host, and the hosts
 * take turns, so that a host with a thousand slow targets does not hold up the others.
 */

/** What is counted for one host. */
export type Host<T> = {
  underWay: number;
  /** Null until somebody has to wait: most hosts have a target or two. */
  queue: T[] | null;
  /** It has a waiting target, and may start it as soon as the shard may. */
  inTurn: boolean;
  readonly key: string;
  /** Targets that belong to it. */
  members: number;
};

export type Queueable<T> = { readonly host: Host<T> };

export class Admission<T extends Queueable<T>> {
  readonly #hosts = new Map<string, Host<T>>();
  readonly #turns: Host<T>[] = [];
  readonly #perHost: number;
  readonly #perShard: number;
  readonly #start: (target: T) => void;
  /** A queued target that is not wanted any more is passed over. */
  readonly #wanted: (target: T) => boolean;
  #underWay = 0;

  constructor(options: {
    readonly perHost: number;
    readonly perShard: number;
    readonly start: (target: T) => void;
    readonly wanted: (target: T) => boolean;
  }) {
    this.#perHost = options.perHost;
    this.#perShard = options.perShard;
    this.#start = options.start;
    this.#wanted = options.wanted;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** The host of a new target; `leave` when the target is gone. */
  join(key: string): Host<T> {
    let host = this.#hosts.get(key);
    if (host === undefined) {
      host = { underWay: 0, queue: null, inTurn: false, key, members: 0 };
      this.#hosts.set(key, host);
    }
    host.members += 1;
    return host;
  }

  leave(host: Host<T>): void {
    host.members -= 1;
    if (host.members === 0) this.#hosts.delete(host.key);
  }

  /** Starts the target now, or queues it. */
  request(target: T): void {
    const { host } = target;
    const free = this.#underWay < this.#perShard && host.underWay < this.#perHost;
    if (free && this.#turns.length === 0 && host.queue === null) {
      this.#begin(host, target);
      return;
    }
    host.queue ??= [];
    host.queue.push(target);
    this.#takeTurn(host);
  }

  /** Said when a started target's probe has ended. Starts whoever waited for it. */
  release(target: T): void {
    const { host } = target;
    host.underWay -= 1;
    this.#underWay -= 1;
    this.#takeTurn(host);
    while (this.#underWay < this.#perShard) {
      const next = this.#turns.shift();
      if (next === undefined) return;
      next.inTurn = false;
      const waiting = next.queue?.shift();
      if (next.queue?.length === 0) next.queue = null;
      if (waiting !== undefined && this.#wanted(waiting)) this.#begin(next, waiting);
      this.#takeTurn(next);
    }
  }

  #begin(host: Host<T>, target: T): void {
    host.underWay += 1;
    this.#underWay += 1;
    this.#start(target);
  }

  /** Puts the host in line if one of its targets waits for the shard alone. */
  #takeTurn(host: Host<T>): void {
    if (host.inTurn || host.queue === null || host.underWay >= this.#perHost) return;
    host.inTurn = true;
    this.#turns.push(host);
  }
}
