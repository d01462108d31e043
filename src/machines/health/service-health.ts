/**
 * Health of a virtual service, with Seesaw's hysteresis: a healthy service stays so while the low watermark is reached, an
 * unhealthy one becomes healthy when the high one is. The machine knows no numbers: what of them matters comes as facts, and what
 * is to be told comes out as the name of a reason. `service-watermarks.ts` counts, and drives it.
 */
import { setup } from 'xstate';
import { stepOf } from '../step.js';

export type ServiceState = 'unhealthy' | 'healthy' | 'disabled';

export type ServiceEventType =
  /** The counts or the watermarks are others now. */
  | 'counted'
  | 'disable'
  | 'enable'
  /** Before any count: it was healthy in the engine's last life. */
  | 'resume';

/** What of the counts and the watermarks the transitions depend on. */
export type ServiceFacts = { readonly reachesLow: boolean; readonly reachesHigh: boolean };

/** Why a service is what it is: its counts beside the watermark that it has to reach, or what the event says. */
export type ServiceReason = 'beside-low' | 'beside-high' | 'as-told';

export const serviceStates: readonly ServiceState[] = ['unhealthy', 'healthy', 'disabled'];
export const serviceEvents: readonly ServiceEventType[] = ['counted', 'disable', 'enable', 'resume'];
const booleans = [false, true];
export const serviceFacts: readonly ServiceFacts[] = booleans.flatMap((reachesLow) =>
  booleans.map((reachesHigh) => ({ reachesLow, reachesHigh })),
);

const toHealthy = { guard: 'reachesHigh', target: 'healthy', actions: 'beside-low' } as const;

export const serviceHealthMachine = setup({
  types: { context: {} as ServiceFacts, input: {} as ServiceFacts, events: {} as { readonly type: ServiceEventType } },
  guards: {
    reachesHigh: ({ context }) => context.reachesHigh,
    missesLow: ({ context }) => !context.reachesLow,
  },
  actions: {
    'beside-low': () => {},
    'beside-high': () => {},
    'as-told': () => {},
  } satisfies Record<ServiceReason, () => void>,
}).createMachine({
  id: 'service-health',
  context: ({ input }) => input,
  initial: 'unhealthy',
  on: { disable: { target: '.disabled', actions: 'as-told' } },
  states: {
    unhealthy: {
      on: { resume: 'healthy', counted: [toHealthy, { actions: 'beside-high' }] },
    },
    healthy: {
      on: {
        counted: [{ guard: 'missesLow', target: 'unhealthy', actions: 'beside-high' }, { actions: 'beside-low' }],
      },
    },
    disabled: {
      on: { enable: [toHealthy, { target: 'unhealthy', actions: 'beside-high' }] },
    },
  },
});

/** `reason` null: what was told before stands. */
export type ServiceStep = { readonly next: ServiceState; readonly reason: ServiceReason | null };

/** The machine as a table: the data plane waits for each step of it. */
export type ServiceTable = ReadonlyMap<string, ServiceStep>;

export const tableKey = (state: ServiceState, event: ServiceEventType, facts: ServiceFacts): string =>
  `${state} ${event} ${facts.reachesLow} ${facts.reachesHigh}`;

/** Takes every step of the machine once. */
export function compileServiceTable(): ServiceTable {
  const table = new Map<string, ServiceStep>();
  for (const state of serviceStates) {
    for (const event of serviceEvents) {
      for (const facts of serviceFacts) {
        const { value, actions } = stepOf(serviceHealthMachine, facts, state, event);
        const reason = (actions[0] ?? null) as ServiceReason | null;
        table.set(tableKey(state, event, facts), { next: value as ServiceState, reason });
      }
    }
  }
  return table;
}
