/** All who watch the health of something: one look for everybody, however many they are. */
import type { Observable } from 'rxjs';
import type { StoreChange } from '../../../machines/telemetry/store.js';
import type { AnswerStream } from './calls.js';

export type Serving = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
export type ServingReply = { readonly status: Serving };

/** How often watched things are looked at: a daemon's components are probed, and not all tell by themselves. */
const WATCH_INTERVAL_MS = 5000;

export type HealthWatchParts = {
  readonly look: (service: string) => Promise<Serving>;
  readonly changes$: Observable<StoreChange>;
  readonly onFailure: (service: string, error: unknown) => void;
};

type Watched = {
  readonly streams: Set<AnswerStream<ServingReply>>;
  /** What all of them were told. */
  last: ServingReply | null;
  looks: number;
};

export class HealthWatch {
  readonly #parts: HealthWatchParts;
  readonly #watched = new Map<string, Watched>();
  #ending: (() => void) | null = null;

  constructor(parts: HealthWatchParts) {
    this.#parts = parts;
  }

  add(service: string, stream: AnswerStream<ServingReply>): void {
    const watched = this.#watched.get(service) ?? { streams: new Set(), last: null, looks: 0 };
    const first = watched.streams.size === 0;
    watched.streams.add(stream);
    this.#watched.set(service, watched);
    this.#ending ??= this.#begin();
    if (watched.last !== null) stream.send(watched.last);
    if (first) this.#look(service, watched);
    stream.onEnd(() => {
      watched.streams.delete(stream);
      if (watched.streams.size > 0) return;
      this.#watched.delete(service);
      if (this.#watched.size > 0) return;
      this.#ending?.();
      this.#ending = null;
    });
  }

  #begin(): () => void {
    const timer = setInterval(() => {
      for (const [service, watched] of this.#watched) this.#look(service, watched);
    }, WATCH_INTERVAL_MS);
    const following = this.#parts.changes$.subscribe((change) => {
      const key = change.kind === 'state' ? change.item.key : change.kind === 'state-gone' ? change.key : '';
      if (key.startsWith('actor/')) this.#lookAt('');
      else if (key.startsWith('service/')) this.#lookAt(key.slice('service/'.length));
    });
    return () => {
      clearInterval(timer);
      following.unsubscribe();
    };
  }

  #lookAt(service: string): void {
    const watched = this.#watched.get(service);
    if (watched !== undefined) this.#look(service, watched);
  }

  #look(service: string, watched: Watched): void {
    watched.looks += 1;
    const mine = watched.looks;
    this.#parts.look(service).then(
      (now) => {
        if (mine !== watched.looks || now === watched.last?.status) return;
        // One object: it is encoded once.
        watched.last = { status: now };
        for (const stream of watched.streams) stream.send(watched.last);
      },
      (error: unknown) => this.#parts.onFailure(service, error),
    );
  }
}
