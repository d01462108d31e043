/** Engine to data plane: the table that should be. Data plane to engine: what the engine must know of it. */
import type { DesiredDestination, DesiredService } from '../../model/dataplane/desired-service.js';
import type { Nanoseconds } from '../../model/units.js';
import { block, coalesce, type LinkKind, type Overflow, STREAM } from './link-kind.js';
import { protocol } from './protocol.js';

/**
 * What is different about one service since it was last told: `destinations` are in the place of `count` others, the first of
 * which was number `at`. Never waits for room, as what waits is coalesced: a service is told whole then.
 */
export type DestinationSplice = {
  readonly kind: 'splice';
  readonly name: string;
  readonly at: number;
  readonly count: number;
  readonly destinations: readonly DesiredDestination[];
};

export type ToDataplane =
  /** The whole desired state of one service; null = there is no such service. Coalesced by name. */
  | { readonly kind: 'service'; readonly name: string; readonly service: DesiredService | null }
  | DestinationSplice
  /** Every service of the configuration has been told: from now on what was not told is not wanted. */
  | { readonly kind: 'complete' }
  /** All that was told before follows from what this monitor shard had told up to `until`. */
  | { readonly kind: 'heard'; readonly shard: string; readonly until: Nanoseconds };

/** What speaks of one service. */
export type ServiceNews = Extract<ToDataplane, { readonly name: string }>;
export const isServiceNews = (message: ToDataplane): message is ServiceNews =>
  message.kind === 'service' || message.kind === 'splice';

export const toDataplane = protocol<ToDataplane>('to-dataplane', 1, {
  service: { name: 'string', service: 'nullable' },
  splice: { name: 'string', at: 'number', count: 'number', destinations: 'array' },
  complete: {},
  heard: { shard: 'string', until: 'number' },
});

/** Connections of a draining destination, each time they are counted (about once a second). */
export type FromDataplane = {
  readonly kind: 'connections';
  readonly service: string;
  readonly backend: string;
  readonly active: number;
};

export const fromDataplane = protocol<FromDataplane>('from-dataplane', 1, {
  connections: { service: 'string', backend: 'string', active: 'number' },
});

const overflowOfTable = (message: ToDataplane): Overflow => {
  switch (message.kind) {
    case 'complete':
      return coalesce('complete');
    case 'heard':
      // In its place among the others: what it answers for is before it.
      return block();
    case 'service':
    case 'splice':
      return coalesce(`service/${message.name}`);
    default:
      return message satisfies never;
  }
};

/** From the engine to the data plane. */
export const tableLink: LinkKind<ToDataplane, FromDataplane> = {
  name: 'table',
  aToB: {
    protocol: toDataplane,
    bound: STREAM,
    overflow: overflowOfTable,
    urgent: (message) => (isServiceNews(message) ? 1 : 0),
  },
  bToA: { protocol: fromDataplane, bound: STREAM, overflow: block },
};
