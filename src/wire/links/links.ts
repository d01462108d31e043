/**
 * Every kind of link between two actors: the messages each way, and what happens to them while the reader is slow. A
 * MessagePort has no back-pressure of its own, so a sender stops at `bound` untaken messages and does what the policy says.
 */

import type { Link } from '../../model/link.js';
import { dataplaneRequest, engineRequest, fileRequest, reply, supervisorRequest, vrrpRequest } from './calls.js';
import { fromShard } from './fallen.js';
import { fromHostChecks, toHostChecks } from './host-checks.js';
import { logRecord } from './log.js';
import { type Protocol, protocol } from './protocol.js';
import { fromProxy, toProxy } from './proxy.js';
import { fromSubscriber, toSubscriber } from './subscriptions.js';
import { fromDataplane, isServiceNews, type ToDataplane, toDataplane } from './tables.js';
import { type FromMonitor, fromMonitor, toMonitor } from './targets.js';
import { type Telemetry, telemetry } from './telemetry.js';
import { type FromVrrp, fromVrrp, type ToVrrp, toVrrp } from './vrrp-states.js';

/** What becomes of a message that finds the mailbox full. */
export type Overflow =
  /** It waits, in order, on the sender's side; so does the sender's producer. */
  | { readonly kind: 'block' }
  /** The newest of its key waits, in the place of the first of that key. */
  | { readonly kind: 'coalesce'; readonly key: string }
  /** It is dropped and counted. */
  | { readonly kind: 'drop' };

export type Direction<M> = {
  readonly protocol: Protocol<M>;
  /** Messages sent and not yet taken by the reader. */
  readonly bound: number;
  readonly overflow: (message: M) => Overflow;
  /** Actors that a message goes through which cannot wait: the sender gives way to them. */
  readonly urgent?: (message: M) => number;
};

/** A link from actor `a` to actor `b`. */
export type LinkKind<AtoB = unknown, BtoA = unknown> = {
  readonly aToB: Direction<AtoB>;
  readonly bToA: Direction<BtoA>;
};

const block = (): Overflow => ({ kind: 'block' });
const drop = (): Overflow => ({ kind: 'drop' });

const overflowOfTelemetry = (message: Telemetry): Overflow => {
  switch (message.kind) {
    case 'state':
      return { kind: 'coalesce', key: message.item.key };
    case 'state-gone':
      return { kind: 'coalesce', key: message.key };
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

// Small enough that a stalled reader costs little memory, large enough that a burst of one second fits.
const COMMANDS = 256;
const STREAM = 1024;

const calls = <M>(protocol: Protocol<M>): Direction<M> => ({ protocol, bound: COMMANDS, overflow: block });
const answers = { protocol: reply, bound: COMMANDS, overflow: block };
/** A direction that nobody reads: whatever was sent would count as a message that waits, for ever. */
const nothing: Direction<never> = { protocol: protocol<never>('nothing', 1, {}), bound: 1, overflow: drop };

const overflowOfTable = (message: ToDataplane): Overflow => {
  switch (message.kind) {
    case 'complete':
      return { kind: 'coalesce', key: 'complete' };
    case 'heard':
      // In its place among the others: what it answers for is before it.
      return block();
    case 'service':
    case 'splice':
      return { kind: 'coalesce', key: `service/${message.name}` };
    default:
      return message satisfies never;
  }
};
/** Through the engine to the data plane: a dead backend gets traffic until that knows. */
const verdictUrgency = ({ kind }: FromMonitor): number => (kind === 'transitions' ? 2 : 0);
const changeUrgency = (message: ToDataplane): number => (isServiceNews(message) ? 1 : 0);
const instanceKey = (message: FromVrrp): Overflow => ({ kind: 'coalesce', key: message.instance });
const trackKey = (message: ToVrrp): Overflow => ({ kind: 'coalesce', key: message.service });

export const linkKinds = {
  /** From the engine to a monitor. */
  targets: {
    aToB: { protocol: toMonitor, bound: COMMANDS, overflow: block },
    bToA: { protocol: fromMonitor, bound: STREAM, overflow: block, urgent: verdictUrgency },
  },
  /** From the engine to the data plane. */
  table: {
    aToB: { protocol: toDataplane, bound: STREAM, overflow: overflowOfTable, urgent: changeUrgency },
    bToA: { protocol: fromDataplane, bound: STREAM, overflow: block },
  },
  /** From a monitor to the data plane. A data plane that takes nothing writes nothing either, and the next one hears from the engine how things are. */
  fallen: { aToB: { protocol: fromShard, bound: STREAM, overflow: drop }, bToA: nothing },
  /** From the engine to VRRP. */
  tracking: {
    aToB: { protocol: toVrrp, bound: STREAM, overflow: trackKey },
    bToA: nothing,
  },
  /** From VRRP to the data plane. */
  'vrrp-state': {
    aToB: { protocol: fromVrrp, bound: STREAM, overflow: instanceKey },
    bToA: nothing,
  },
  /** From who asks to who answers. */
  'engine-calls': { aToB: calls(engineRequest), bToA: answers },
  'vrrp-calls': { aToB: calls(vrrpRequest), bToA: answers },
  'dataplane-calls': { aToB: calls(dataplaneRequest), bToA: answers },
  'supervisor-calls': { aToB: calls(supervisorRequest), bToA: answers },
  'file-calls': { aToB: calls(fileRequest), bToA: answers },
  /** From every actor to the gateway, and to the main thread. */
  telemetry: {
    aToB: { protocol: telemetry, bound: STREAM, overflow: overflowOfTelemetry },
    bToA: nothing,
  },
  /** From the data plane to a proxy thread. */
  proxy: {
    aToB: { protocol: toProxy, bound: COMMANDS, overflow: block },
    bToA: { protocol: fromProxy, bound: COMMANDS, overflow: block },
  },
  /** From the gateway or the health-check server to the engine. */
  subscriptions: {
    aToB: { protocol: fromSubscriber, bound: COMMANDS, overflow: block },
    bToA: { protocol: toSubscriber, bound: STREAM, overflow: block },
  },
  /** From a monitor to the main thread. */
  'host-checks': {
    aToB: { protocol: toHostChecks, bound: STREAM, overflow: block },
    bToA: { protocol: fromHostChecks, bound: STREAM, overflow: block },
  },
  /** From every actor to who writes its records. */
  log: { aToB: { protocol: logRecord, bound: STREAM, overflow: drop }, bToA: nothing },
} as const;

export type LinkKindName = keyof typeof linkKinds;
export type Side = 'a' | 'b';

type MessageOf<D> = D extends { readonly protocol: Protocol<infer M> } ? M : never;
type Messages<K extends LinkKindName> = {
  readonly aToB: MessageOf<(typeof linkKinds)[K]['aToB']>;
  readonly bToA: MessageOf<(typeof linkKinds)[K]['bToA']>;
};
/** A link of this kind, as the actor on this side of it sees it. */
export type LinkOf<K extends LinkKindName, S extends Side> = S extends 'a'
  ? Link<Messages<K>['bToA'], Messages<K>['aToB']>
  : Link<Messages<K>['aToB'], Messages<K>['bToA']>;

export type EndOfLink = { readonly kind: LinkKindName; readonly side: Side };

/** Every end is made from its kind's row of the table, so its kind and side say what it carries. */
export const isLink = <L extends EndOfLink, K extends LinkKindName, S extends Side>(
  end: L,
  kind: K,
  side: S,
): end is LinkOf<K, S> & L => end.kind === kind && end.side === side;

/** The direction that a side writes, or reads. */
export function directionsOf(kind: LinkKindName, side: Side): { out: Direction<unknown>; in: Direction<unknown> } {
  const { aToB, bToA } = linkKinds[kind] as unknown as LinkKind;
  return side === 'a' ? { out: aToB, in: bToA } : { out: bToA, in: aToB };
}
