/**
 * A kind of link between two actors: the messages each way, and what happens to them while the reader is slow. A MessagePort has no
 * back-pressure of its own, so a sender stops at `bound` untaken messages and does what the policy says.
 */

import type { Link } from '../../model/link.js';
import { type Protocol, protocol } from './protocol.js';

/** What becomes of a message that finds the mailbox full. */
export type Overflow =
  /** It waits, in order, on the sender's side; so does the sender's producer. */
  | { readonly kind: 'block' }
  /** The newest of its key waits, in the place of the first of that key. */
  | { readonly kind: 'coalesce'; readonly key: string }
  /** It is dropped and counted. */
  | { readonly kind: 'drop' };

type Direction<M> = {
  readonly protocol: Protocol<M>;
  /** Messages sent and not yet taken by the reader. */
  readonly bound: number;
  overflow(message: M): Overflow;
  /** Actors that a message goes through which cannot wait: the sender gives way to them. */
  urgent?(message: M): number;
};

/** Whoever is side `a` speaks to everybody who is side `b`; `name` is unique among all kinds. */
export type LinkKind<AtoB = unknown, BtoA = unknown> = {
  readonly name: string;
  readonly aToB: Direction<AtoB>;
  readonly bToA: Direction<BtoA>;
};

export const block = (): Overflow => ({ kind: 'block' });
export const drop = (): Overflow => ({ kind: 'drop' });
export const coalesce = (key: string): Overflow => ({ kind: 'coalesce', key });

// Small enough that a stalled reader costs little memory, large enough that a burst of one second fits.
export const COMMANDS = 256;
export const STREAM = 1024;

/** A direction that nobody reads: whatever was sent would count as a message that waits, for ever. */
export const nothing: Direction<never> = { protocol: protocol<never>('nothing', 1, {}), bound: 1, overflow: drop };

export type Side = 'a' | 'b';

/** A link of this kind, as the actor on this side of it sees it. */
export type LinkOf<K extends LinkKind, S extends Side> =
  K extends LinkKind<infer AtoB, infer BtoA> ? (S extends 'a' ? Link<BtoA, AtoB> : Link<AtoB, BtoA>) : never;

export type EndOfLink = { readonly kind: LinkKind; readonly side: Side };

/** Every end is made from its kind, so its kind and side say what it carries. */
export const isLink = <L extends EndOfLink, K extends LinkKind, S extends Side>(
  end: L,
  kind: K,
  side: S,
): end is LinkOf<K, S> & L => end.kind.name === kind.name && end.side === side;

/** The direction that a side writes, or reads. */
export const directionsOf = (
  { aToB, bToA }: LinkKind,
  side: Side,
): { readonly out: Direction<unknown>; readonly in: Direction<unknown> } =>
  side === 'a' ? { out: aToB, in: bToA } : { out: bToA, in: aToB };
