import type { Candidate } from '../../machines/balancing/scheduler.js';
import type { DestinationCounts, DestinationKey, TableDestination } from '../../model/dataplane/table.js';

/** A running connection or session of a destination. */
export interface Flow {
  /** Ends it now, without pretending to either side that all was said. */
  abort(): void;
  /** Its destination is gone. */
  leave(): void;
}

/** Bytes from clients and to clients. */
export type Traffic = { bytesIn: number; bytesOut: number };

/** A destination with what runs to it. Never replaced while the service has it, so that counts go on. */
export class Destination implements Candidate {
  facts: TableDestination;
  readonly flows = new Set<Flow>();
  /** Ever. */
  total = 0;
  readonly #own: Traffic = { bytesIn: 0, bytesOut: 0 };
  /** Of the whole service: it stays when a destination goes. */
  readonly #service: Traffic;

  constructor(facts: TableDestination, service: Traffic) {
    this.facts = facts;
    this.#service = service;
  }

  get key(): DestinationKey {
    return this.facts.key;
  }
  get weight(): number {
    return this.facts.weight;
  }
  get maxConnections(): number {
    return this.facts.maxConnections;
  }
  /** Those being made count too: a slow backend must not get all that comes meanwhile. */
  get connections(): number {
    return this.flows.size;
  }

  addIn(bytes: number): void {
    this.#own.bytesIn += bytes;
    this.#service.bytesIn += bytes;
  }

  addOut(bytes: number): void {
    this.#own.bytesOut += bytes;
    this.#service.bytesOut += bytes;
  }

  counts(): DestinationCounts {
    return { active: this.flows.size, inactive: 0, connections: this.total, ...this.#own };
  }

  /** For when the service no longer has it. */
  leaveAll(): void {
    for (const flow of [...this.flows]) flow.leave();
  }
}
