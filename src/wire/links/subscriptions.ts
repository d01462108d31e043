/**
 * A door that runs checks for its clients (the seeds' health-check server, gRPC StreamChecks) to the engine: what it
 * wants probed beside the configuration. Engine to the door: how these targets are.
 *
 * Subscriptions belong to the link: the engine keeps one set of them for each, and adds their targets to those of the
 * configuration, deduplicated with all others. When the door's actor is replaced, the new one begins with
 * `unsubscribe-all`; when the engine is replaced, the door hears it by `connected$` and subscribes everything again.
 */
import type { ProbeSpec } from '../../model/probe.js';
import { block, COMMANDS, type LinkKind, STREAM } from './link-kind.js';
import { protocol } from './protocol.js';
import type { TargetStatus } from './targets.js';

export type Subscription = {
  /** The door's own name for it, unique on its link. */
  readonly id: string;
  /** Two subscriptions may name equal specs: they share one target, and each gets its statuses. */
  readonly spec: ProbeSpec;
};

export type FromSubscriber =
  /** Adds; an `id` that is there already gets the new spec. Answered at once with the status that the engine knows (`unknown` too). */
  | { readonly kind: 'subscribe'; readonly subscriptions: readonly Subscription[] }
  /** Unknown ids are ignored. A target that nobody wants any more is not probed any more. */
  | { readonly kind: 'unsubscribe'; readonly ids: readonly string[] }
  /**
   * Forgets all subscriptions of this link. The engine may keep the targets for a moment, so that those which the next
   * messages subscribe again keep their state.
   */
  | { readonly kind: 'unsubscribe-all' };

export const fromSubscriber = protocol<FromSubscriber>('from-subscriber', 1, {
  subscribe: { subscriptions: 'array' },
  unsubscribe: { ids: 'array' },
  'unsubscribe-all': {},
});

/** Most subscriptions in one `subscribe`: keeps a message's encoding well under a millisecond. */
export const MAX_SUBSCRIPTIONS_PER_MESSAGE = 500;

export type SubscriptionStatus = { readonly id: string; readonly status: TargetStatus };

export type ToSubscriber =
  /**
   * A change of state at once; statuses whose state stays, coalesced by id (the newest only), at the pace of the
   * monitors' `statuses`. A status may still come for an id that was unsubscribed a moment ago: ignore it.
   */
  { readonly kind: 'statuses'; readonly statuses: readonly SubscriptionStatus[] };

export const toSubscriber = protocol<ToSubscriber>('to-subscriber', 1, {
  statuses: { statuses: 'array' },
});

/** From a door to the engine. */
export const subscriptionsLink: LinkKind<FromSubscriber, ToSubscriber> = {
  name: 'subscriptions',
  aToB: { protocol: fromSubscriber, bound: COMMANDS, overflow: block },
  bToA: { protocol: toSubscriber, bound: STREAM, overflow: block },
};
