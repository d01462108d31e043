/** What a gRPC method does. Its server does the rest: the token, the limits, the messages' bytes, the statuses. */

type Traits = {
  /** It needs the token, which is asked for before its message is read. */
  readonly change: boolean;
  readonly maxMessageBytes: number;
};

/** Where the answers of a call go. */
export type AnswerSink = {
  /** False: the client is behind, and `onDrain` says when it has caught up. One object that goes to many is encoded once. */
  readonly write: (message: object) => boolean;
  readonly onDrain: (then: () => void) => void;
  readonly gone: () => boolean;
  /** Called once, when the client cancelled, went away, or has been answered. */
  readonly onEnd: (then: () => void) => void;
};

export type TwoWayStream = AnswerSink & {
  readonly onMessage: (take: (message: unknown) => void) => void;
  /** The client has no more to say. */
  readonly onRequestEnd: (then: () => void) => void;
  /** Answered, without an error. */
  readonly end: () => void;
};

export type Handler = Traits &
  (
    | { readonly kind: 'unary'; readonly answer: (request: unknown) => Promise<object> | object }
    /** One large request, whose repeated field comes in slices; one answer. */
    | { readonly kind: 'sliced'; readonly answer: (slices: AsyncIterable<unknown>) => Promise<object> }
    /** One request, answers as long as the client listens. */
    | { readonly kind: 'streaming'; readonly start: (request: unknown, sink: AnswerSink) => void }
    | { readonly kind: 'two-way'; readonly open: (stream: TwoWayStream) => void }
  );

export type Handlers = Readonly<Record<string, Handler>>;
