import type { Observable, Observer } from 'rxjs';

/**
 * One end of a link, for the actor's whole life: when the peer is replaced, the supervisor attaches a fresh port to the
 * same Link and `connected$` speaks again.
 */
export interface Link<In, Out> {
  /** The name of the actor at the other end. */
  readonly peer: string;
  /** Decoded messages; a bad one was counted and is not among them. Never completes before the actor stops. */
  readonly in$: Observable<In>;
  /**
   * Applies the link's overflow policy. Messages sent before a connection wait for it, within the bound; but those that
   * coalesce are forgotten, since whoever hears `connected$` tells that state anew.
   */
  readonly out: Pick<Observer<Out>, 'next'>;
  /** Speaks each time a (new) peer is there; replays the last one. Tell it the whole state then: it may know nothing. */
  readonly connected$: Observable<number>;
  /** Messages sent that the peer has not taken yet, waiting ones included: a producer that can wait holds back while it is high. */
  backlog(): number;
}
