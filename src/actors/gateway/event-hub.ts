/** All followers of the event stream: takes what the store learnt, and gives each what it asked for. */
import type { ServerResponse } from 'node:http';
import type { Store, StoreChange } from '../../machines/telemetry/store.js';
import {
  changeMessage,
  type EventFilter,
  EventStream,
  eventMessage,
  HEARTBEAT,
  type StreamEnd,
  wantsEvent,
} from './event-stream.js';
import { ProblemError } from './http/problem.js';
import type { ListenerKind } from './listeners/guard.js';
import { EVENT_HEARTBEAT_MS, MAX_EVENT_CLIENTS } from './listeners/listener-limits.js';

export type EventHubInit = {
  readonly store: Store;
  /** The number of followers changed. */
  readonly onClients: (count: number) => void;
  /** How each follower ended, for the metrics. */
  readonly onEnd: (reason: StreamEnd) => void;
  /** @default MAX_EVENT_CLIENTS */
  readonly maxClients?: number;
  /** @default EVENT_HEARTBEAT_MS */
  readonly heartbeatMs?: number;
  /** @default MAX_EVENT_BACKLOG_BYTES */
  readonly maxBacklogBytes?: number;
};

export class EventHub {
  readonly #init: EventHubInit;
  readonly #streams = new Map<EventStream, ListenerKind>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(init: EventHubInit) {
    this.#init = init;
    this.#heartbeat = setInterval(() => this.#sendAll(HEARTBEAT), init.heartbeatMs ?? EVENT_HEARTBEAT_MS);
  }

  /** @throws ProblemError when there are too many followers; call it before the response has begun */
  admit(door: ListenerKind): void {
    const clients = [...this.#streams.values()].filter((each) => each === door).length;
    if (clients < (this.#init.maxClients ?? MAX_EVENT_CLIENTS)) return;
    throw new ProblemError(
      429,
      'ERR_TOO_MANY_CLIENTS',
      `${clients} clients follow the events already; close one, or ask again later`,
      { 'retry-after': '10' },
    );
  }

  /** `lastEventId` null: from now on. */
  follow(door: ListenerKind, response: ServerResponse, filter: EventFilter, lastEventId: string | null): void {
    const { store, maxBacklogBytes } = this.#init;
    const stream: EventStream = new EventStream({
      response,
      filter,
      onEnd: (reason) => {
        this.#streams.delete(stream);
        this.#init.onClients(this.#streams.size);
        this.#init.onEnd(reason);
      },
      ...(maxBacklogBytes === undefined ? {} : { maxBacklogBytes }),
    });
    this.#streams.set(stream, door);
    this.#init.onClients(this.#streams.size);
    const replay = lastEventId === null ? null : store.events.after(lastEventId);
    stream.start(store.events.position, replay, store.items());
  }

  publish(change: StoreChange): void {
    if (this.#streams.size === 0) return;
    if (change.kind === 'event') {
      const text = eventMessage(change.event);
      this.#sendAll(text, (filter) => wantsEvent(filter, change.event));
    } else {
      const text = changeMessage(change, this.#init.store.events.position);
      this.#sendAll(text, (filter) => filter.state);
    }
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const stream of [...this.#streams.keys()]) stream.close();
  }

  #sendAll(text: string, wants: (filter: EventFilter) => boolean = () => true): void {
    for (const stream of [...this.#streams.keys()]) {
      if (wants(stream.filter)) stream.send(text);
    }
  }
}
