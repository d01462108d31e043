/**
 * The tracked processes, all together: the kernel tells of each that comes, changes or ends where it can, and /proc is looked at
 * where it cannot, once a second.
 */
import { isProcess } from '../../machines/tracking/process-match.js';
import { type Quorum, stepQuorum, unknownQuorum } from '../../machines/tracking/quorum.js';
import type { TrackedProcess } from '../../model/config.js';
import { type Clock, NS_PER_MS } from '../../model/units.js';
import { ProcessEvents } from '../../os/processes/process-events.js';
import { processIds, readProcess } from '../../os/processes/process-list.js';
import type { ProcessEvent } from '../../wire/netlink/process-events.js';
import type { ActorContext } from '../../workers/actor.js';
import { metrics } from './metrics.js';
import type { Reports } from './reports.js';

export type ProcessParts = Pick<ActorContext, 'log' | 'meter'> & {
  readonly now: Clock;
  readonly reports: Pick<Reports, 'report' | 'forget'>;
};

const LOOK_MS = 1000;

export class ProcessTracker {
  readonly #parts: ProcessParts;
  readonly #quorums = new Map<string, Quorum>();
  /** The names that a process is one of. */
  readonly #matches = new Map<number, readonly string[]>();
  #processes: Readonly<Record<string, TrackedProcess>> = {};
  #events: ProcessEvents | null = null;
  #look: NodeJS.Timeout | null = null;
  #later: NodeJS.Timeout | undefined;
  #told = '';

  constructor(parts: ProcessParts) {
    this.#parts = parts;
  }

  configure(processes: Readonly<Record<string, TrackedProcess>>): void {
    this.#processes = processes;
    for (const name of this.#quorums.keys()) {
      if (Object.hasOwn(processes, name)) continue;
      this.#quorums.delete(name);
      this.#parts.reports.forget('process', name);
    }
    if (Object.keys(processes).length === 0) {
      this.#close();
      return;
    }
    this.#events ??= new ProcessEvents({
      heard: (events) => this.#hear(events),
      lost: () => this.#seeAll(),
    });
    this.#look ??= setInterval(() => this.#lookAgain(), LOOK_MS);
    this.#seeAll();
  }

  async stop(): Promise<void> {
    this.#close();
  }

  #close(): void {
    this.#events?.close();
    this.#events = null;
    if (this.#look !== null) clearInterval(this.#look);
    this.#look = null;
    clearTimeout(this.#later);
  }

  #lookAgain(): void {
    const { works, refusal } = this.#events ?? { works: false, refusal: null };
    const how = works
      ? 'the kernel tells of each'
      : `/proc is looked at once a second, as the kernel does not tell of them here (${refusal ?? 'no answer'})`;
    if (how !== this.#told) this.#parts.log.info({ events: works }, `tracked processes: ${how}`);
    this.#told = how;
    if (!works) this.#seeAll();
  }

  #seeAll(): void {
    this.#matches.clear();
    for (const pid of processIds()) this.#see(pid);
    this.#count();
  }

  #hear(events: readonly ProcessEvent[]): void {
    for (const event of events) {
      if (event.kind === 'changed') this.#see(event.pid);
      else if (event.kind === 'ended') this.#matches.delete(event.pid);
    }
    this.#count();
  }

  #see(pid: number): void {
    const facts = readProcess(pid);
    const names =
      facts === null
        ? []
        : Object.entries(this.#processes).flatMap(([name, { command }]) => (isProcess(facts, command) ? name : []));
    if (names.length === 0) this.#matches.delete(pid);
    else this.#matches.set(pid, names);
  }

  #count(): void {
    const counts = new Map(Object.keys(this.#processes).map((name) => [name, 0]));
    for (const names of this.#matches.values()) {
      for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const nowNs = this.#parts.now();
    let nextNs = Number.POSITIVE_INFINITY;
    for (const [name, policy] of Object.entries(this.#processes)) {
      const count = counts.get(name) ?? 0;
      const quorum = stepQuorum(this.#quorums.get(name) ?? unknownQuorum, count, nowNs, policy);
      this.#quorums.set(name, quorum);
      nextNs = Math.min(nextNs, quorum.changesAtNs ?? nextNs);
      this.#parts.meter.gauge(metrics.fulcrum_track_processes, { name }, count);
      if (quorum.up !== null && quorum.changesAtNs === null) this.#tell(name, quorum.up, count, policy.quorum);
    }
    clearTimeout(this.#later);
    if (nextNs < Number.POSITIVE_INFINITY) {
      this.#later = setTimeout(() => this.#count(), Math.ceil((nextNs - nowNs) / NS_PER_MS));
    }
  }

  #tell(name: string, up: boolean, count: number, quorum: number): void {
    // Those that come and go above the quorum are no news.
    const why = up ? `${quorum} or more run` : `${count} of ${quorum} run`;
    this.#parts.reports.report('process', name, { up, value: 0, why });
  }
}
