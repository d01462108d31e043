/** Questions over a link: a caller that matches answers by id, and a server that answers each question once. */
import {
  CommandError,
  ConfigError,
  type ConfigIssue,
  FulcrumError,
  isCommandCode,
  messageOf,
} from '../../model/errors.js';
import type { Link } from '../../model/link.js';
import type { Calls, Reply, Request } from '../../wire/links/calls.js';

/** How long an answer may take before the caller gives up: longer than any actor's restart. */
const CALL_TIMEOUT_MS = 10_000;
/** Unanswered calls of one caller; more mean that the peer is stuck, and waiting longer would only pile up memory. */
const MAX_OUTSTANDING = 1000;

/** Room for all the calls of one connection; 2 million connections fit into a double's whole numbers. */
const IDS_PER_INCARNATION = 2 ** 32;

export type Caller<C extends Calls> = {
  /**
   * Rejects with CommandError or ConfigError. The slices of a long list come back as one. `timeoutMs`: for what may take longer
   * than any ordinary question.
   */
  call<K extends keyof C & string>(name: K, ask: C[K]['ask'], timeoutMs?: number): Promise<C[K]['answer']>;
};

type Waiting = {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
  readonly slices: unknown[];
};

export function createCaller<C extends Calls>(link: Link<Reply, Request<C>>): Caller<C> {
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let connected = false;

  const settle = (id: number): Waiting | undefined => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (call !== undefined) clearTimeout(call.timer);
    return call;
  };

  link.connected$.subscribe((incarnation) => {
    connected = true;
    // A peer may still answer what the life before this one asked: no two lives use the same ids.
    nextId = Math.max(nextId, incarnation * IDS_PER_INCARNATION);
    // Whoever should have answered these is gone.
    for (const id of [...waiting.keys()]) {
      settle(id)?.reject(
        new CommandError('ERR_UNAVAILABLE', `${link.peer} was restarted before it answered; try again`),
      );
    }
  });
  link.in$.subscribe((reply) => {
    const call = waiting.get(reply.id);
    if (call === undefined) return;
    if (reply.kind === 'refused') {
      settle(reply.id)?.reject(errorOf(reply));
    } else if (!reply.last) {
      call.slices.push(reply.answer);
    } else {
      settle(reply.id)?.resolve(call.slices.length === 0 ? reply.answer : [...call.slices, reply.answer].flat());
    }
  });

  return {
    call: (name, ask, timeoutMs = CALL_TIMEOUT_MS) =>
      new Promise((resolve, reject) => {
        if (!connected) return reject(new CommandError('ERR_UNAVAILABLE', `${link.peer} is not running`));
        if (waiting.size >= MAX_OUTSTANDING) {
          return reject(new CommandError('ERR_UNAVAILABLE', `${link.peer} has ${waiting.size} unanswered calls`));
        }
        const id = nextId++;
        const timer = setTimeout(() => {
          settle(id)?.reject(new CommandError('ERR_TIMEOUT', `${link.peer} did not answer within ${timeoutMs} ms`));
        }, timeoutMs);
        waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject, timer, slices: [] });
        link.out.next({ kind: 'request', id, call: name, ask } as Request<C>);
      }),
  };
}

function errorOf(refused: Extract<Reply, { kind: 'refused' }>): Error {
  if (refused.code === 'ERR_CONFIG') return new ConfigError(refused.issues as readonly ConfigIssue[]);
  return new CommandError(isCommandCode(refused.code) ? refused.code : 'ERR_UNAVAILABLE', refused.message);
}

/** A handler answers with the whole answer, or with an async iterable of slices of a list. It throws a FulcrumError to refuse. */
export type CallHandlers<C extends Calls> = {
  readonly [K in keyof C]: (
    ask: C[K]['ask'],
  ) => C[K]['answer'] | Promise<C[K]['answer']> | AsyncIterable<C[K]['answer']>;
};

const isSlices = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

export function serveCalls<C extends Calls>(link: Link<Request<C>, Reply>, handlers: CallHandlers<C>): void {
  link.in$.subscribe((request) => {
    const { id } = request;
    try {
      const handler = Object.hasOwn(handlers, request.call) ? handlers[request.call] : undefined;
      if (handler === undefined) throw new CommandError('ERR_NOT_FOUND', `no such call: ${request.call}`);
      const result = handler(request.ask);
      // A plain value is answered at once: a polled thread never returns to where a promise would go on.
      if (isSlices(result)) void answerInSlices(id, result);
      else if (result instanceof Promise) void answerLater(id, result);
      else link.out.next({ kind: 'reply', id, answer: result ?? null, last: true });
    } catch (error) {
      link.out.next(refusal(id, error));
    }
  });

  async function answerLater(id: number, result: Promise<unknown>): Promise<void> {
    try {
      link.out.next({ kind: 'reply', id, answer: (await result) ?? null, last: true });
    } catch (error) {
      link.out.next(refusal(id, error));
    }
  }

  async function answerInSlices(id: number, slices: AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const slice of slices) link.out.next({ kind: 'reply', id, answer: slice, last: false });
      link.out.next({ kind: 'reply', id, answer: [], last: true });
    } catch (error) {
      link.out.next(refusal(id, error));
    }
  }
}

function refusal(id: number, error: unknown): Reply {
  const message = messageOf(error);
  if (error instanceof ConfigError) return { kind: 'refused', id, code: error.code, message, issues: error.issues };
  const code = error instanceof FulcrumError ? error.code : 'ERR_UNAVAILABLE';
  return { kind: 'refused', id, code, message, issues: [] };
}
