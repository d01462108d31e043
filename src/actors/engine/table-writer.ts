import { MOVED_PREFIX, type ServiceKey, serviceKey } from '../../dataplane/table.js';
import type { DesiredService, ToDataplane } from '../../wire/table-link.js';

/** Tells the data plane each service's desired state, and only what differs from what it was told last. */
export class TableWriter {
  readonly #send: (message: ToDataplane) => void;
  /** By service, the text form of what was told, and the key that it has in the table. */
  readonly #told = new Map<string, { readonly text: string; readonly key: ServiceKey }>();
  /** What is told together, until all of it is known; null = told at once. */
  #held: Map<string, DesiredService | null> | null = null;

  constructor(send: (message: ToDataplane) => void) {
    this.#send = send;
  }

  tell(service: DesiredService): void {
    if (this.#held !== null) {
      this.#held.set(service.name, service);
      return;
    }
    const text = JSON.stringify(service);
    if (this.#told.get(service.name)?.text === text) return;
    this.#told.set(service.name, { text, key: serviceKey(service.match) });
    this.#send({ kind: 'service', name: service.name, service });
  }

  remove(name: string): void {
    if (this.#held !== null) this.#held.set(name, null);
    else if (this.#told.delete(name)) this.#send({ kind: 'service', name, service: null });
  }

  /** To a data plane that is new and knows nothing. */
  tellAll(services: Iterable<DesiredService>): void {
    this.#told.clear();
    for (const service of services) this.tell(service);
    this.#send({ kind: 'complete' });
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
      if (before === undefined || !wanted.has(before.key)) continue;
      if (service !== null && serviceKey(service.match) === before.key) continue;
      const standIn = MOVED_PREFIX + name;
      this.tell({ ...(JSON.parse(before.text) as DesiredService), name: standIn });
      this.remove(name);
      standIns.push(standIn);
    }
    for (const service of services) this.tell(service);
    for (const [name, service] of held) if (service === null) this.remove(name);
    for (const standIn of standIns) this.remove(standIn);
  }
}
