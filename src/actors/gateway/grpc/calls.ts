/** Handlers of gRPC calls from plain functions: requests are checked by a schema, and slow clients get the newest alone. */
import type { z } from 'zod';
import type { AnswerSink, Handler } from './server/handlers.js';

/** A name, a key, a question. */
export const SMALL_MESSAGE_BYTES = 4096;

type Options = { readonly change: boolean; readonly maxMessageBytes?: number };

/** A call with one request and one answer. */
export const unary = <T>(
  { change, maxMessageBytes = SMALL_MESSAGE_BYTES }: Options,
  schema: z.ZodType<T>,
  answer: (request: T) => Promise<object> | object,
): Handler => ({ kind: 'unary', change, maxMessageBytes, answer: (request) => answer(schema.parse(request)) });

/** A call with one large request, a slice of it at a time, and one answer. */
export const sliced = <T>(
  { change, maxMessageBytes = SMALL_MESSAGE_BYTES }: Options,
  schema: z.ZodType<T>,
  answer: (slices: AsyncIterable<T>) => Promise<object>,
): Handler => ({
  kind: 'sliced',
  change,
  maxMessageBytes,
  answer: (slices) => answer(parsedBy(schema, slices)),
});

async function* parsedBy<T>(schema: z.ZodType<T>, slices: AsyncIterable<unknown>): AsyncGenerator<T> {
  for await (const slice of slices) yield schema.parse(slice);
}

/** What a stream of answers is written to; `onEnd` is called once, when the client is gone. */
export type AnswerStream<M> = { readonly send: (message: M) => void; readonly onEnd: (then: () => void) => void };

/** A call with one request and many answers. */
export const streaming = <T, M extends object>(
  { change, maxMessageBytes = SMALL_MESSAGE_BYTES }: Options,
  schema: z.ZodType<T>,
  keyOf: (message: M) => string,
  start: (request: T, stream: AnswerStream<M>) => void,
): Handler => ({
  kind: 'streaming',
  change,
  maxMessageBytes,
  start: (request, sink) => start(schema.parse(request), { send: coalescing(sink, keyOf), onEnd: sink.onEnd }),
});

/** Sends at once while the client keeps up; to a slow one only the newest of each key goes, when there is room. */
export function coalescing<M extends object>(
  sink: Pick<AnswerSink, 'write' | 'onDrain' | 'gone'>,
  keyOf: (message: M) => string,
): (message: M) => void {
  const waiting = new Map<string, M>();
  let full = false;
  const flush = (): void => {
    full = false;
    for (const [key, message] of waiting) {
      if (full) return;
      waiting.delete(key);
      full = !sink.write(message);
    }
  };
  sink.onDrain(flush);
  return (message) => {
    if (sink.gone()) return;
    if (full) waiting.set(keyOf(message), message);
    else full = !sink.write(message);
  };
}
