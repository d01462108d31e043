/** Questions and commands to an actor, each answered once (or in slices, for long lists). */
import { block, COMMANDS, type LinkKind } from './link-kind.js';
import { type Protocol, protocol } from './protocol.js';

/** An actor's questions, by name: what is asked with, and what is answered. */
export type Calls = { readonly [name: string]: { readonly ask: unknown; readonly answer: unknown } };
export type Request<C extends Calls = Calls> = {
  [K in keyof C & string]: {
    readonly kind: 'request';
    readonly id: number;
    readonly call: K;
    readonly ask: C[K]['ask'];
  };
}[keyof C & string];
export type Reply =
  | { readonly kind: 'reply'; readonly id: number; readonly answer: unknown; readonly last: boolean }
  /** `code` is one of CommandError's, or ERR_CONFIG; `issues` then holds the ConfigIssues. */
  | {
      readonly kind: 'refused';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly issues: readonly unknown[];
    };
export const reply = protocol<Reply>('reply', 1, {
  reply: { id: 'number', answer: 'nullable', last: 'boolean' },
  refused: { id: 'number', code: 'string', message: 'string', issues: 'array' },
});

/** From who asks to who answers. */
export type CallsKind<C extends Calls = Calls> = LinkKind<Request<C>, Reply> & {
  /** The actor that answers. */
  readonly of: string;
};

/** `topic`: where an actor can be asked of more than one. */
export const callsOf = <C extends Calls>(actor: string, topic = actor): CallsKind<C> => ({
  of: actor,
  name: `${topic}-calls`,
  aToB: {
    protocol: protocol<{ kind: 'request'; id: number; call: string; ask: unknown }>(`${topic}-request`, 1, {
      request: { id: 'number', call: 'string', ask: 'object' },
    }) as unknown as Protocol<Request<C>>,
    bound: COMMANDS,
    overflow: block,
  },
  bToA: { protocol: reply, bound: COMMANDS, overflow: block },
});
