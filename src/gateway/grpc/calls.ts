/** Handlers of gRPC calls, from plain functions: errors become statuses, changes need the token, defects are logged. */
import type { EventEmitter } from 'node:events';
import type { handleServerStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import type { z } from 'zod';
import type { Log } from '../../workers/actor.js';
import type { Access } from '../guard.js';
import { checkMayChange, defect, refusalOf } from './refusal.js';

export type CallContext = { readonly access: () => Access; readonly log: Log };

type Options = { readonly change: boolean };

/** A call with one request and one answer. */
export const unary =
  <T>(
    { access, log }: CallContext,
    { change }: Options,
    schema: z.ZodType<T>,
    answer: (request: T) => Promise<object> | object,
  ): handleUnaryCall<unknown, object> =>
  (call, callback) => {
    const run = async (): Promise<object> => {
      if (change) checkMayChange(access(), call.metadata);
      return answer(schema.parse(call.request));
    };
    run().then(
      (reply) => callback(null, reply),
      (error: unknown) => callback(refusalOf(error) ?? tellDefect(log, error)),
    );
  };

/** What a stream of answers is written to; `onEnd` is called once, when the client is gone. */
export type AnswerStream<M> = { readonly send: (message: M) => void; readonly onEnd: (then: () => void) => void };

/** A call with one request and many answers. */
export const streaming =
  <T, M extends object>(
    { access, log }: CallContext,
    { change }: Options,
    schema: z.ZodType<T>,
    keyOf: (message: M) => string,
    start: (request: T, stream: AnswerStream<M>) => void,
  ): handleServerStreamingCall<unknown, M> =>
  (call) => {
    try {
      if (change) checkMayChange(access(), call.metadata);
      start(schema.parse(call.request), {
        send: coalescing(call, keyOf),
        onEnd: (then) => whenGone(call, then),
      });
    } catch (error) {
      call.emit('error', refusalOf(error) ?? tellDefect(log, error));
    }
  };

/** Calls `then` once, when the client cancelled, went away, or has been answered. */
export function whenGone(call: EventEmitter, then: () => void): void {
  let gone = false;
  const once = (): void => {
    if (gone) return;
    gone = true;
    then();
  };
  for (const event of ['cancelled', 'close', 'error', 'finish']) call.once(event, once);
}

export const tellDefect = (log: Log, error: unknown): typeof defect => {
  log.error({ err: error }, 'a gRPC call failed by a defect');
  return defect;
};

type Sink<M> = {
  write(message: M): boolean;
  on(event: 'drain', then: () => void): unknown;
  readonly destroyed: boolean;
};

/** Sends at once while the client keeps up; to a slow one only the newest of each key goes, when there is room. */
export function coalescing<M>(sink: Sink<M>, keyOf: (message: M) => string): (message: M) => void {
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
  sink.on('drain', flush);
  return (message) => {
    if (sink.destroyed) return;
    if (full) waiting.set(keyOf(message), message);
    else full = !sink.write(message);
  };
}
