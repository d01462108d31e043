/**
 * Which destination takes the next connection. Pure: no clock, no randomness. Every scheduler gives nothing to a destination
 * of weight 0 or at its connection limit.
 */

/** A destination as schedulers see it. The numbers are read at each pick: they may change in between. */
export type Candidate = {
  /** Unique, and the same on every node. */
  readonly key: string;
  readonly weight: number;
  /** Running now. */
  readonly connections: number;
  /** 0 = no limit. */
  readonly maxConnections: number;
};

export type Asker = {
  /** The client's address; with its port where a flag such as `mh-port` says so. */
  readonly client: string;
  /** Keys that were tried for this very connection, and failed. */
  readonly tried: ReadonlySet<string>;
};

export interface Scheduler<C extends Candidate> {
  /** The candidates, or their weights, are others now. */
  update(candidates: readonly C[]): void;
  /** Null: none may take it. */
  pick(asker: Asker): C | null;
}

/** May take a connection. */
export const isOpen = (candidate: Candidate, asker: Asker): boolean =>
  candidate.weight > 0 && !isFull(candidate) && !asker.tried.has(candidate.key);

/** At its own limit. */
export const isFull = (candidate: Candidate): boolean =>
  candidate.maxConnections > 0 && candidate.connections >= candidate.maxConnections;
