/**
 * What the engine is told: a change of state at once, those that follow within the same turn of the event loop together at
 * its end; everything else now and then, newest only. While
 * the engine is slow the shard holds what it has to say, at most one status a target, so its memory is bounded.
 */
import type { Clock } from '../../model/units.js';
import { type Nanoseconds, ns } from '../../model/units.js';
import type { FromShard } from '../../wire/links/fallen.js';
import type { FromMonitor, TargetStatus } from '../../wire/links/targets.js';
import { MAX_BACKLOG, STATUS_BATCH, STATUSES_PER_PERIOD, STATUSES_PER_TURN } from './shard-limits.js';
import type { Target } from './target.js';

export type ReporterOptions = {
  readonly send: (message: FromMonitor) => void;
  readonly sendFallen: (message: FromShard) => void;
  readonly now: Clock;
  /** Messages that the engine has not taken yet. */
  readonly backlog: () => number;
  /** Runs a function once all I/O that is ready was handled. */
  readonly afterIo: (then: () => void) => void;
  /** Asks for a call of `flush`: soon, because the engine is slow, or when the period is over. */
  readonly flushLater: (when: 'backlog' | 'period') => void;
};

export class Reporter {
  readonly #options: ReporterOptions;
  /** Changed state, or weight. */
  readonly #changed = new Set<Target>();
  /** To be told to an engine that asked for everything. */
  readonly #asked = new Set<Target>();
  /** New counts and times only, oldest first, from `#seenFrom` on; with a flag on each: this is done for every result. */
  #seen: Target[] = [];
  #seenFrom = 0;
  #answering = false;
  /** Not told to the data plane yet. */
  readonly #fallen = new Set<Target>();
  #fallenAt: Nanoseconds;
  /** The engine does not know yet that it has heard all that the data plane has. */
  #owesTold = false;
  #turnPlanned = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#fallenAt = options.now();
  }

  changed(target: Target): void {
    target.unseen = false;
    this.#changed.add(target);
    if (target.state === 'unhealthy') this.#fallen.add(target);
    if (this.#turnPlanned) return;
    // The first of a turn waits for none that may follow: a dead backend gets traffic until it is told.
    this.#sendFrom(this.#changed, 'transitions', Number.POSITIVE_INFINITY);
    this.#planTurn();
  }

  seen(target: Target): void {
    if (target.unseen || this.#changed.has(target)) return;
    target.unseen = true;
    if (this.#seen.push(target) === 1) this.#options.flushLater('period');
  }

  /** The answer to `replace-end`: all of them, in turns; an empty list is answered too. */
  tellAll(targets: Iterable<Target>): void {
    this.#asked.clear();
    for (const target of targets) this.#asked.add(target);
    this.#answering = true;
    this.#planTurn();
  }

  forget(target: Target): void {
    this.#changed.delete(target);
    this.#asked.delete(target);
    this.#fallen.delete(target);
    target.unseen = false;
  }

  /** The time that `flushLater` asked for has come. */
  flush(): void {
    this.#turn();
    if (this.#changed.size > 0 || this.#asked.size > 0) return;
    this.#sendSeen();
    if (this.#seen.length > 0) this.#options.flushLater('period');
  }

  #sendSeen(): void {
    let statuses: TargetStatus[] = [];
    let left = STATUSES_PER_PERIOD;
    while (left > 0 && this.#seenFrom < this.#seen.length && this.#options.backlog() < MAX_BACKLOG) {
      const target = this.#seen[this.#seenFrom];
      this.#seenFrom += 1;
      // Told in another way since, or gone.
      if (target === undefined || !target.unseen) continue;
      target.unseen = false;
      left -= 1;
      if (statuses.push(target.status()) < STATUS_BATCH) continue;
      this.#options.send({ kind: 'statuses', statuses });
      statuses = [];
    }
    if (statuses.length > 0) this.#options.send({ kind: 'statuses', statuses });
    this.#seen = this.#seen.slice(this.#seenFrom);
    this.#seenFrom = 0;
  }

  #planTurn(): void {
    if (this.#turnPlanned) return;
    this.#turnPlanned = true;
    this.#options.afterIo(() => {
      this.#turnPlanned = false;
      this.#turn();
    });
  }

  #turn(): void {
    this.#sendFrom(this.#changed, 'transitions', Number.POSITIVE_INFINITY);
    this.#sendFallen();
    if (this.#changed.size === 0) this.#sendFrom(this.#asked, 'statuses', STATUSES_PER_TURN);
    if (this.#changed.size === 0 && this.#asked.size === 0) {
      if (this.#answering) this.#options.send({ kind: 'complete', statuses: [] });
      if (this.#answering || this.#owesTold) this.#options.send({ kind: 'told', until: this.#fallenAt });
      this.#answering = false;
      this.#owesTold = false;
      return;
    }
    if (this.#options.backlog() >= MAX_BACKLOG) this.#options.flushLater('backlog');
    else this.#planTurn();
  }

  /** After the engine was told, as far as it listens: the data plane leaves it time to answer. */
  #sendFallen(): void {
    if (this.#fallen.size === 0) return;
    const keys = Array.from(this.#fallen, ({ key }) => key);
    this.#fallen.clear();
    this.#fallenAt = ns(Math.max(this.#options.now(), this.#fallenAt + 1));
    this.#options.sendFallen({ kind: 'fallen', keys, at: this.#fallenAt });
    this.#owesTold = true;
  }

  #sendFrom(targets: Set<Target>, kind: 'transitions' | 'statuses', most: number): void {
    let left = Math.min(most, targets.size);
    while (left > 0 && this.#options.backlog() < MAX_BACKLOG) {
      const statuses: TargetStatus[] = [];
      for (const target of targets) {
        if (statuses.length === STATUS_BATCH || statuses.length === left) break;
        targets.delete(target);
        statuses.push(target.status());
      }
      left -= statuses.length;
      this.#options.send({ kind, statuses });
    }
  }
}
