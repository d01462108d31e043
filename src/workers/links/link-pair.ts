/** A link within one thread: both ends in one place, every message through its codec as between threads. */
import { type Observable, ReplaySubject, Subject } from 'rxjs';
import type { Link } from '../../model/link.js';
import type { Protocol } from '../../wire/links/protocol.js';

export type LinkPair<AtoB, BtoA> = { readonly a: Link<BtoA, AtoB>; readonly b: Link<AtoB, BtoA> };

export function linkPair<AtoB, BtoA>(
  name: string,
  aToB: Protocol<AtoB>,
  bToA: Protocol<BtoA>,
  { connected = true } = {},
): LinkPair<AtoB, BtoA> & { readonly connect: () => void } {
  const toB = new Subject<AtoB>();
  const toA = new Subject<BtoA>();
  const connected$ = new ReplaySubject<number>(1);
  let incarnation = 0;
  const connect = () => connected$.next(++incarnation);
  if (connected) connect();
  const post = <M>(protocol: Protocol<M>, subject: Subject<M>) => ({
    next: (message: M) => {
      const decoded = protocol.decode(protocol.encode(message));
      if (decoded.kind !== 'known') throw new Error(`${name}: ${JSON.stringify(decoded)}`);
      queueMicrotask(() => subject.next(decoded.message));
    },
  });
  const end = <In, Out>(in$: Observable<In>, out: { next: (message: Out) => void }): Link<In, Out> => ({
    name,
    in$,
    out,
    connected$,
    backlog: () => 0,
  });
  return { a: end(toA, post(aToB, toB)), b: end(toB, post(bToA, toA)), connect };
}
