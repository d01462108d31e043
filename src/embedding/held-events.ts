import { Observable, type Subscription } from 'rxjs';

/**
 * The first who listens hears what came before too: an event of the start, such as a client's `shutdown`, is told before
 * anybody can hold the runtime. Of that, the newest `limit` are kept.
 */
export function heldUntilHeard<T>(source: Observable<T>, limit: number): Observable<T> {
  const held: T[] = [];
  let holding: Subscription | null = source.subscribe((value) => {
    if (held.push(value) > limit) held.shift();
  });
  return new Observable((subscriber) => {
    holding?.unsubscribe();
    holding = null;
    for (const value of held.splice(0)) subscriber.next(value);
    return source.subscribe(subscriber);
  });
}
