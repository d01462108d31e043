import type { DesiredService } from '../../model/dataplane/desired-service.js';
import { MOVED_PREFIX, serviceKey } from '../../model/dataplane/table.js';
import type { Link } from '../../model/link.js';
import { spliceOf } from '../../wire/links/destination-splice.js';
import type { ToDataplane } from '../../wire/links/tables.js';

type Told = {
  readonly service: DesiredService;
  /** The text form of all but its destinations. */
  readonly frame: string;
};

/** Tells the data plane each service's desired state, and only what differs from what it was told last. */
export class TableWriter {
  readonly #link: Pick<Link<never, ToDataplane>, 'out' | 'backlog'>;
  readonly #told = new Map<string, Told>();
  /** The parts of services beside the first, which has the service's name. */
  readonly #others = new Map<string, ReadonlySet<string>>();
  /** What is told together, until all of it is known; null = told at once. */
  #held: Map<string, DesiredService | null> | null = null;

  constructor(link: Pick<Link<never, ToDataplane>, 'out' | 'backlog'>) {
    this.#link = link;
  }

  /** A service in all its parts: what it had beside them goes. */
  tellParts(service: string, parts: readonly DesiredService[]): void {
    for (const part of parts) this.tell(part);
    const others = new Set(parts.map(({ name }) => name).filter((name) => name !== service));
    for (const gone of this.#others.get(service) ?? []) if (!others.has(gone)) this.#removePart(gone);
    if (others.size > 0) this.#others.set(service, others);
    else this.#others.delete(service);
  }

  tell(service: DesiredService): void {
    const { name } = service;
    if (this.#held !== null) {
      this.#held.set(name, service);
      return;
    }
    const frame = JSON.stringify({ ...service, destinations: [] });
    const before = this.#told.get(name);
    const splice = before?.frame === frame ? spliceOf(before.service.destinations, service.destinations) : undefined;
    if (splice === null) return;
    this.#told.set(name, { service, frame });
    // What waits in the link may be coalesced or forgotten: only what is whole stands for itself.
    const alone = this.#link.backlog() === 0;
    if (splice !== undefined && alone) this.#link.out.next({ kind: 'splice', name, ...splice });
    else this.#link.out.next({ kind: 'service', name, service });
  }

  remove(name: string): void {
    for (const part of [name, ...(this.#others.get(name) ?? [])]) this.#removePart(part);
    this.#others.delete(name);
  }

  #removePart(name: string): void {
    if (this.#held !== null) this.#held.set(name, null);
    else if (this.#told.delete(name)) this.#link.out.next({ kind: 'service', name, service: null });
  }

  /** To a data plane that is new and knows nothing. */
  tellAll(services: Iterable<DesiredService>): void {
    this.#told.clear();
    for (const service of services) this.tell(service);
    this.#link.out.next({ kind: 'complete' });
  }

  /**
   * What `work` tells belongs together. An address that goes from one service to another, because they were renamed or
   * exchanged their ports, has a stand-in as long as neither has it: it is never missing from the table.
   */
  together(work: () => void): void {
    const held = new Map<string, DesiredService | null>();
    this.#held = held;
    try {
      work();
    } finally {
      this.#held = null;
    }
    const services = [...held.values()].filter((service) => service !== null);
    const wanted = new Set(services.map((service) => serviceKey(service.match)));
    const standIns: string[] = [];
    for (const [name, service] of held) {
      const before = this.#told.get(name);
      if (before === undefined) continue;
      const key = serviceKey(before.service.match);
      if (!wanted.has(key) || (service !== null && serviceKey(service.match) === key)) continue;
      const standIn = MOVED_PREFIX + name;
      this.tell({ ...before.service, name: standIn });
      this.#removePart(name);
      standIns.push(standIn);
    }
    for (const service of services) this.tell(service);
    for (const [name, service] of held) if (service === null) this.#removePart(name);
    for (const standIn of standIns) this.#removePart(standIn);
  }
}
