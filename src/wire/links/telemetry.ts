/** Any actor to the gateway and to the main thread: what happened, what is counted, how things stand. */

import type { FulcrumEvent } from '../../model/observing/events.js';
import type { MetricSample, StateItem } from '../../model/observing/state-item.js';
import { block, coalesce, drop, type LinkKind, nothing, type Overflow, STREAM } from './link-kind.js';
import { protocol } from './protocol.js';

/** What an actor tells of itself as it goes. */
export type News =
  | { readonly kind: 'event'; readonly event: FulcrumEvent }
  /** Coalesced by `item.key`, which is unique over all actors, such as `backend/web/a`. */
  | { readonly kind: 'state'; readonly item: StateItem }
  | { readonly kind: 'state-gone'; readonly key: string };

export type Telemetry =
  | News
  /** Of one turn, in order. */
  | { readonly kind: 'news'; readonly news: readonly News[] }
  /** The actor (again) tells its whole state: what it told before and does not tell now is gone. */
  | { readonly kind: 'state-begin'; readonly actor: string }
  | { readonly kind: 'state-end'; readonly actor: string }
  | { readonly kind: 'metrics'; readonly samples: readonly MetricSample[] };

export const telemetry = protocol<Telemetry>('telemetry', 1, {
  event: { event: 'object' },
  state: { item: 'object' },
  'state-gone': { key: 'string' },
  news: { news: 'array' },
  'state-begin': { actor: 'string' },
  'state-end': { actor: 'string' },
  metrics: { samples: 'array' },
});

const overflowOfTelemetry = (message: Telemetry): Overflow => {
  switch (message.kind) {
    case 'state':
      return coalesce(message.item.key);
    case 'state-gone':
      return coalesce(message.key);
    case 'event':
      return drop();
    case 'metrics':
    case 'news':
    case 'state-begin':
    case 'state-end':
      return block();
    default:
      return message satisfies never;
  }
};

/** From every actor to the one that shows it to people. */
export const telemetryLink: LinkKind<Telemetry, never> = {
  name: 'telemetry',
  aToB: { protocol: telemetry, bound: STREAM, overflow: overflowOfTelemetry },
  bToA: nothing,
};
/** From every actor to the host app: without metrics, which it asks for where they are served. */
export const observationLink: LinkKind<Telemetry, never> = { ...telemetryLink, name: 'observation' };
