/** All ends of links that one thread has. An end is made when somebody asks for its kind; what comes before waits in its port. */
import { filter, map, type Observable, ReplaySubject } from 'rxjs';
import type { LinkKind, LinkOf, Side } from '../../wire/links/link-kind.js';
import type { LinkDeclaration, LinkEnd, LinkGrant } from './link-end.js';

type Slot = LinkDeclaration & { grant: LinkGrant | null; end: LinkEnd | null };

const keyOf = ({ kind, side, peer }: LinkDeclaration): string => `${kind}/${side}/${peer}`;

export class LinkEnds {
  readonly #create: (kind: LinkKind, slot: LinkDeclaration) => LinkEnd;
  readonly #slots = new Map<string, Slot>();
  readonly #new$ = new ReplaySubject<Slot>();
  #polled = false;

  constructor(create: (kind: LinkKind, slot: LinkDeclaration) => LinkEnd) {
    this.#create = create;
  }

  declare(declaration: LinkDeclaration): void {
    this.#slot(declaration);
  }

  /** A fresh port of a link, which may be a new one. */
  connect(grant: LinkGrant): void {
    const slot = this.#slot(grant);
    if (slot.end !== null) {
      slot.end.attach(grant, this.#polled);
      return;
    }
    slot.grant?.port.close();
    slot.grant = grant;
  }

  /** To this peer, whether it is there or not. */
  end<K extends LinkKind, S extends Side>(kind: K, side: S, peer: string): LinkOf<K, S> & LinkEnd {
    return this.#end(this.#slot({ kind: kind.name, side, peer }), kind);
  }

  /** The first of this kind. */
  find<K extends LinkKind, S extends Side>(kind: K, side: S): (LinkOf<K, S> & LinkEnd) | undefined {
    for (const slot of this.#slots.values()) if (is(slot, kind, side)) return this.#end(slot, kind);
    return undefined;
  }

  /** All of this kind, those that come later too. */
  all<K extends LinkKind, S extends Side>(kind: K, side: S): Observable<LinkOf<K, S> & LinkEnd> {
    return this.#new$.pipe(
      filter((slot) => is(slot, kind, side)),
      map((slot) => this.#end<K, S>(slot, kind)),
    );
  }

  /** From delivery by event to delivery by `poll`. */
  startPolling(): void {
    this.#polled = true;
    for (const { end } of this.#slots.values()) end?.stopListening();
  }

  poll(): void {
    this.#slots.forEach(pollSlot);
  }

  close(): void {
    for (const { end, grant } of this.#slots.values()) {
      end?.close();
      grant?.port.close();
    }
  }

  #slot({ kind, side, peer }: LinkDeclaration): Slot {
    const key = keyOf({ kind, side, peer });
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot: Slot = { kind, side, peer, grant: null, end: null };
    this.#slots.set(key, slot);
    this.#new$.next(slot);
    return slot;
  }

  #end<K extends LinkKind, S extends Side>(slot: Slot, kind: K): LinkOf<K, S> & LinkEnd {
    slot.end ??= this.#create(kind, slot);
    const { grant } = slot;
    slot.grant = null;
    if (grant !== null) slot.end.attach(grant, this.#polled);
    // The kind says what its ends carry.
    return slot.end as LinkOf<K, S> & LinkEnd;
  }
}

const is = (slot: Slot, kind: LinkKind, side: Side): boolean => slot.kind === kind.name && slot.side === side;
const pollSlot = ({ end }: Slot): void => end?.poll();
