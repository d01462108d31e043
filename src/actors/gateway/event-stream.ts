/** One follower of the event stream (WHATWG HTML, section 9.2 "Server-sent events"). */
import type { ServerResponse } from 'node:http';
import type { Replay, StoredEvent } from '../../machines/telemetry/event-ring.js';
import type { StoreChange } from '../../machines/telemetry/store.js';
import type { StateItem } from '../../model/observing/state-item.js';
import { MAX_EVENT_BACKLOG_BYTES } from './listeners/listener-limits.js';

/** What a follower asked for. */
export type EventFilter = {
  /** Types of events; null = all. */
  readonly types: ReadonlySet<string> | null;
  /** Also the whole pushed state at the start, and its changes as they come. */
  readonly state: boolean;
};

export type StreamEnd = 'client' | 'slow' | 'server';

export type EventStreamInit = {
  readonly response: ServerResponse;
  readonly filter: EventFilter;
  readonly onEnd: (reason: StreamEnd) => void;
  /** @default MAX_EVENT_BACKLOG_BYTES */
  readonly maxBacklogBytes?: number;
};

/**
 * Writes in order, and never holds more than its bound for a client that does not read: that one is disconnected and
 * resumes with Last-Event-ID. A long state is written piece by piece, as fast as the client takes it.
 */
export class EventStream {
  readonly #init: EventStreamInit;
  readonly #maxBacklogBytes: number;
  /** Waits behind the state that is still being written. */
  readonly #backlog: string[] = [];
  #backlogBytes = 0;
  #pieces: Iterator<string> | null = null;
  #ended = false;

  constructor(init: EventStreamInit) {
    this.#init = init;
    this.#maxBacklogBytes = init.maxBacklogBytes ?? MAX_EVENT_BACKLOG_BYTES;
    const { response } = init;
    response.on('drain', () => this.#pump());
    response.on('close', () => this.#end('client'));
    response.on('error', () => this.#end('client'));
  }

  get filter(): EventFilter {
    return this.#init.filter;
  }

  /** Answers the request and brings the client up to date; call once. */
  start(position: string, replay: Replay | null, items: Iterable<StateItem>): void {
    const { response, filter } = this.#init;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx would hold events back otherwise.
      'x-accel-buffering': 'no',
    });
    response.write('retry: 2000\n\n');
    this.#pieces = openingOf(filter, position, replay, items);
    this.#pump();
  }

  /** Text that ends with an empty line. */
  send(message: string): void {
    if (this.#ended) return;
    if (this.#pieces !== null) {
      this.#backlog.push(message);
      this.#backlogBytes += message.length;
    } else {
      this.#init.response.write(message);
    }
    if (this.#backlogBytes + this.#init.response.writableLength > this.#maxBacklogBytes) this.#end('slow');
  }

  /** The server ends it: what is written goes out first. */
  close(): void {
    if (this.#ended) return;
    this.#init.response.end();
    this.#end('server');
  }

  #pump(): void {
    const { response } = this.#init;
    while (this.#pieces !== null && !this.#ended) {
      const piece = this.#pieces.next();
      if (piece.done === true) {
        this.#pieces = null;
        const waiting = this.#backlog.splice(0);
        this.#backlogBytes = 0;
        for (const message of waiting) this.send(message);
      } else if (!response.write(piece.value)) {
        return;
      }
    }
  }

  #end(reason: StreamEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pieces = null;
    this.#backlog.length = 0;
    if (reason === 'slow') this.#init.response.destroy();
    this.#init.onEnd(reason);
  }
}

export const wantsEvent = (filter: EventFilter, event: StoredEvent): boolean =>
  filter.types === null || filter.types.has(event.type);

/** An event as the API shows it. */
export function eventJson(event: StoredEvent): Record<string, unknown> {
  const { id, type, atMs, ...rest } = event;
  return { id, type, at: new Date(atMs).toISOString(), ...rest };
}

export const eventMessage = (event: StoredEvent): string =>
  message(event.type, event.id, JSON.stringify(eventJson(event)));

/** A change of the state has no id of its own: who resumes is told the whole state anyway. */
export function changeMessage(change: Exclude<StoreChange, { kind: 'event' }>, position: string): string {
  const data = change.kind === 'state' ? change.item : { key: change.key };
  return message(change.kind, position, JSON.stringify(data));
}

export const HEARTBEAT = ': still here\n\n';

const message = (type: string, id: string, data: string): string => `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`;

/** What a client needs to be up to date: the whole state where it must or wants to have it, and what it missed. */
function* openingOf(
  filter: EventFilter,
  position: string,
  replay: Replay | null,
  items: Iterable<StateItem>,
): Generator<string, void> {
  if (replay?.kind === 'gap') {
    yield* stateMessage('resync', position, { why: replay.why }, items);
    return;
  }
  for (const event of replay?.events ?? []) {
    if (wantsEvent(filter, event)) yield eventMessage(event);
  }
  // After what was missed: its id must not let a client that breaks off in between skip the rest.
  if (filter.state) yield* stateMessage('state-all', position, {}, items);
}

/** One event that holds the whole state, in pieces of bounded size: `data` is one line, however long. */
function* stateMessage(
  type: 'resync' | 'state-all',
  id: string,
  fields: Readonly<Record<string, string>>,
  items: Iterable<StateItem>,
): Generator<string, void> {
  yield `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(fields).slice(0, -1)}${Object.keys(fields).length > 0 ? ',' : ''}"items":[`;
  let piece = '';
  let first = true;
  for (const item of items) {
    piece += `${first ? '' : ','}${JSON.stringify(item)}`;
    first = false;
    if (piece.length > 16_384) {
      yield piece;
      piece = '';
    }
  }
  yield `${piece}]}\n\n`;
}
