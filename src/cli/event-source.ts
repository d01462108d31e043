/** Reads the daemon's event stream, and takes it up again where it broke off. */
import { StringDecoder } from 'node:string_decoder';
import { UnreachableError } from '../model/errors.js';
import type { ControlClient } from './client.js';

export type StreamMessage = { readonly id: string; readonly event: string; readonly data: string };

/** One message: the whole state of a large system. */
const MAX_MESSAGE_LENGTH = 256 * 1024 * 1024;

/** Splits a text stream into its messages (WHATWG HTML, section 9.2.6), as far as our daemon uses that format. */
export class MessageParser {
  #rest = '';
  /** Where the search for an empty line goes on, so that a long message is not searched again and again. */
  #searched = 0;

  push(text: string): StreamMessage[] {
    this.#rest += text;
    const messages: StreamMessage[] = [];
    for (;;) {
      const end = this.#rest.indexOf('\n\n', this.#searched);
      if (end === -1) break;
      const message = parseMessage(this.#rest.slice(0, end));
      this.#rest = this.#rest.slice(end + 2);
      this.#searched = 0;
      if (message !== null) messages.push(message);
    }
    this.#searched = Math.max(this.#rest.length - 1, 0);
    if (this.#rest.length > MAX_MESSAGE_LENGTH) throw new UnreachableError('the event stream holds no event that ends');
    return messages;
  }
}

function parseMessage(block: string): StreamMessage | null {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const data = fields.get('data');
  return data === undefined ? null : { id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data };
}

/** A daemon that is restarted is back within a second or two; the pause doubles up to the longest. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 5000;

/**
 * Messages for ever, across restarts of the daemon; the first connection must succeed. Ends when `signal` aborts.
 * @throws UnreachableError when the daemon cannot be reached at first
 */
export async function* followEvents(
  client: ControlClient,
  query: string,
  lastEventId: string | null,
  signal: AbortSignal,
): AsyncGenerator<StreamMessage, void> {
  let resumeFrom = lastEventId;
  let retryMs = FIRST_RETRY_MS;
  let connected = false;
  while (!signal.aborted) {
    try {
      const response = await client.open(
        `/api/v1/events${query}`,
        resumeFrom === null ? {} : { 'last-event-id': resumeFrom },
      );
      connected = true;
      retryMs = FIRST_RETRY_MS;
      const abort = () => response.destroy();
      signal.addEventListener('abort', abort, { once: true });
      // It may have come while the connection was made.
      if (signal.aborted) abort();
      const decoder = new StringDecoder('utf8');
      const parser = new MessageParser();
      for await (const chunk of response as AsyncIterable<Buffer>) {
        for (const message of parser.push(decoder.write(chunk))) {
          resumeFrom = message.id;
          yield message;
        }
      }
      signal.removeEventListener('abort', abort);
    } catch (error) {
      if (signal.aborted) return;
      if (!connected) throw error;
    }
    await pause(retryMs, signal);
    retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
