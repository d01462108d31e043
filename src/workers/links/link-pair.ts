/** A link within one thread: both ends in one place, every message through its codec as between threads. */
import { type Observable, ReplaySubject, Subject } from 'rxjs';
import type { Link } from '../../model/link.js';
import type { EndOfLink, LinkKind, LinkOf } from '../../wire/links/link-kind.js';
import type { Protocol } from '../../wire/links/protocol.js';

type LinkPair<K extends LinkKind> = {
  readonly a: LinkOf<K, 'a'> & EndOfLink;
  readonly b: LinkOf<K, 'b'> & EndOfLink;
  readonly connect: () => void;
};

/** Both ends call their peer by one name. */
export function linkPair<K extends LinkKind>(peer: string, kind: K, { connected = true } = {}): LinkPair<K> {
  const { aToB, bToA } = kind;
  const toB = new Subject<unknown>();
  const toA = new Subject<unknown>();
  const connected$ = new ReplaySubject<number>(1);
  let incarnation = 0;
  const connect = () => connected$.next(++incarnation);
  if (connected) connect();
  const post = (protocol: Protocol<unknown>, subject: Subject<unknown>) => ({
    next: (message: unknown) => {
      const decoded = protocol.decode(protocol.encode(message));
      if (decoded.kind !== 'known') throw new Error(`${peer}: ${JSON.stringify(decoded)}`);
      queueMicrotask(() => subject.next(decoded.message));
    },
  });
  const end = (in$: Observable<unknown>, out: Link<unknown, unknown>['out']): Link<unknown, unknown> => ({
    peer,
    in$,
    out,
    connected$,
    backlog: () => 0,
  });
  const pair = {
    a: { ...end(toA, post(aToB.protocol, toB)), kind, side: 'a' },
    b: { ...end(toB, post(bToA.protocol, toA)), kind, side: 'b' },
    connect,
  };
  // The kind says what each direction carries.
  return pair as unknown as LinkPair<K>;
}
