import { assign, setup } from 'xstate';

/** What happens when an actor's thread ends unasked. */
export type RestartPolicy = {
  /** More than this many restarts within the period and the failure goes up... */
  readonly intensity: number;
  readonly periodMs: number;
  /** ...for an actor that the system cannot do without; any other goes on being tried at the longest back-off. */
  readonly escalate: boolean;
  /** The first restart is at once; each further one within the period waits twice as long, up to the maximum. */
  readonly backoffMs: { readonly first: number; readonly max: number };
  readonly startLimitMs: number;
  readonly stopLimitMs: number;
};

export type SupervisionEvent =
  /** It has what it needs, and is to wait for the others. */
  | { readonly type: 'PREPARED' }
  | { readonly type: 'READY' }
  /** The thread ended, by an error or by our own hand, or it was killed and `left` behind; `atMs` is monotonic. */
  | { readonly type: 'ENDED'; readonly atMs: number; readonly why: string; readonly left: boolean }
  /** No heartbeat for longer than the actor's deadline. */
  | { readonly type: 'FROZEN'; readonly silenceMs: number }
  | { readonly type: 'STOP' };

type Context = {
  readonly policy: RestartPolicy;
  /** In [0, 1): spreads restarts that one cause made necessary together. */
  readonly random: () => number;
  /** When the restarts of the present period were. */
  readonly recent: readonly number[];
  readonly restarts: number;
  readonly lastError: string | null;
  /** Why it was killed, until it is gone. */
  readonly killed: string | null;
};

export type SupervisionInput = { readonly policy: RestartPolicy; readonly random: () => number };

const inPeriod = (context: Context, atMs: number): readonly number[] =>
  context.recent.filter((restartMs) => atMs - restartMs < context.policy.periodMs);

/** Doubles with each restart of the period, shortened at random by up to a half. */
function backoffMs({ policy, recent, random }: Context): number {
  const exponent = recent.length - 1;
  if (exponent <= 0) return 0;
  const full = Math.min(policy.backoffMs.max, policy.backoffMs.first * 2 ** (exponent - 1));
  return full * (1 - random() / 2);
}

/** That a killed thread then ended says nothing new; that it did not end does. */
function lastErrorOf(killed: string | null, { why, left }: { readonly why: string; readonly left: boolean }): string {
  if (killed === null) return why;
  return left ? `${killed}; ${why}` : killed;
}

/**
 * The life of one supervised actor. It decides; whoever runs it provides the actions `spawn`, `kill` and `askToStop`, and
 * answers `kill` with ENDED.
 */
export const supervisionMachine = setup({
  types: {
    context: {} as Context,
    events: {} as SupervisionEvent,
    input: {} as SupervisionInput,
  },
  actions: {
    spawn: () => {},
    kill: () => {},
    askToStop: () => {},
    noteEnd: assign(({ context, event }) => {
      if (event.type !== 'ENDED') return {};
      return {
        lastError: lastErrorOf(context.killed, event),
        killed: null,
        recent: [...inPeriod(context, event.atMs), event.atMs],
        restarts: context.restarts + 1,
      };
    }),
    noteFrozen: assign({
      killed: ({ event }) => (event.type === 'FROZEN' ? `no heartbeat for ${event.silenceMs} ms` : null),
    }),
    noteSlowStart: assign({
      killed: ({ context }) => `not ready within ${context.policy.startLimitMs} ms of its start`,
    }),
  },
  guards: {
    tooMany: ({ context, event }) =>
      event.type === 'ENDED' &&
      context.policy.escalate &&
      inPeriod(context, event.atMs).length >= context.policy.intensity,
  },
  delays: {
    backoff: ({ context }) => backoffMs(context),
    startLimit: ({ context }) => context.policy.startLimitMs,
    stopLimit: ({ context }) => context.policy.stopLimitMs,
  },
}).createMachine({
  id: 'supervision',
  context: ({ input }) => ({ ...input, recent: [], restarts: 0, lastError: null, killed: null }),
  initial: 'starting',
  states: {
    starting: {
      entry: 'spawn',
      after: { startLimit: { target: 'dying', actions: ['noteSlowStart', 'kill'] } },
      on: { PREPARED: 'prepared', READY: 'running', FROZEN: { target: 'dying', actions: ['noteFrozen', 'kill'] } },
    },
    /** How long it waits is the others' affair. */
    prepared: {
      on: { READY: 'running', FROZEN: { target: 'dying', actions: ['noteFrozen', 'kill'] } },
    },
    running: {
      on: { FROZEN: { target: 'dying', actions: ['noteFrozen', 'kill'] } },
    },
    /** Killed, and not gone yet. */
    dying: {},
    restarting: {
      after: { backoff: 'starting' },
      on: { STOP: 'stopped' },
    },
    stopping: {
      entry: 'askToStop',
      after: { stopLimit: { actions: 'kill' } },
      on: { ENDED: 'stopped', STOP: {} },
    },
    stopped: { type: 'final' },
    failed: { type: 'final' },
  },
  on: {
    ENDED: [
      { guard: 'tooMany', target: '.failed', actions: 'noteEnd' },
      { target: '.restarting', actions: 'noteEnd' },
    ],
    STOP: '.stopping',
  },
});
