/**
 * What those who watch an actor (the gateway, the host app) are told of it: what happens, and its state, in order. What one
 * turn brings goes out together: a service that changes its mind changes all its backends, and that may be thousands.
 */

import type { StateItem } from '../../model/observing/state-item.js';
import type { News, Telemetry } from '../../wire/links/telemetry.js';
import type { LinkEnd } from '../links/link-end.js';

/** News in one message: about 100 KB. */
const BATCH = 500;
/** An observer that has so many messages before it is slow: news go one by one then, so that they are dropped and coalesced. */
const SLOW_BACKLOG = 64;

type Watched = Pick<LinkEnd, 'out' | 'connected$' | 'backlog'>;

export class Observers {
  readonly #actor: string;
  readonly #links: Watched[] = [];
  readonly #state = new Map<string, StateItem>();
  /** Of this turn, not sent yet. */
  #fresh: News[] = [];
  #turns = true;

  constructor(actor: string) {
    this.#actor = actor;
  }

  /** Whenever the link has a new reader, which knows nothing, that is told the whole state. */
  add(link: Watched): void {
    this.#links.push(link);
    link.connected$.subscribe(() => {
      link.out.next({ kind: 'state-begin', actor: this.#actor } satisfies Telemetry);
      send(
        link,
        Array.from(this.#state.values(), (item) => ({ kind: 'state', item })),
      );
      link.out.next({ kind: 'state-end', actor: this.#actor } satisfies Telemetry);
    });
  }

  /** The actor does not return to its event loop from now on: nothing waits for the end of a turn. */
  stopTurns(): void {
    this.flush();
    this.#turns = false;
  }

  tell(news: News): void {
    this.#fresh.push(news);
    if (!this.#turns || this.#fresh.length === BATCH) this.flush();
    else if (this.#fresh.length === 1) queueMicrotask(() => this.flush());
  }

  /** Tells, or with null takes back, one item of the state. */
  tellState(key: string, item: StateItem | null): void {
    if (item !== null) {
      this.#state.set(key, item);
      this.tell({ kind: 'state', item });
    } else if (this.#state.delete(key)) {
      this.tell({ kind: 'state-gone', key });
    }
  }

  /** Sends what was told in this turn so far. */
  flush(): void {
    const news = this.#fresh;
    this.#fresh = [];
    for (const link of this.#links) send(link, news);
  }
}

function send(link: Watched, news: readonly News[]): void {
  if (news.length <= 1 || link.backlog() >= SLOW_BACKLOG) {
    for (const one of news) link.out.next(one satisfies Telemetry);
    return;
  }
  for (let from = 0; from < news.length; from += BATCH) {
    link.out.next({ kind: 'news', news: news.slice(from, from + BATCH) } satisfies Telemetry);
  }
}
