import { assign, setup } from 'xstate';
import type { Watermark } from '../config/model.js';

export type Watermarks = { readonly low: Watermark; readonly high: Watermark };

export type ServiceEvent =
  /** Backends that are healthy, of those in service (neither disabled nor draining). */
  | { readonly type: 'COUNTS'; readonly healthy: number; readonly inService: number }
  | { readonly type: 'WATERMARKS'; readonly watermarks: Watermarks }
  | { readonly type: 'DISABLE'; readonly why: string }
  | { readonly type: 'ENABLE' }
  /** Before any count: it was healthy in the engine's last life. */
  | { readonly type: 'RESUME' };

type Context = {
  readonly watermarks: Watermarks;
  readonly healthy: number;
  readonly inService: number;
  readonly why: string;
};

/** Whether so many healthy backends are enough. A count of 0 means at least one: nothing is never enough. */
function reaches(which: keyof Watermarks, { watermarks, healthy, inService }: Context): boolean {
  const mark = watermarks[which];
  if (healthy === 0) return false;
  return mark.kind === 'count' ? healthy >= mark.count : healthy >= (inService * mark.percent) / 100;
}

const text = (mark: Watermark): string =>
  mark.kind === 'count' ? String(Math.max(1, mark.count)) : `${mark.percent}%`;

const counts = ({ healthy, inService }: { healthy: number; inService: number }): string =>
  `${healthy} of ${inService} backends healthy`;

/** What is known once the event has told its part. */
function known(context: Context, event: ServiceEvent): Context {
  if (event.type === 'COUNTS') return { ...context, healthy: event.healthy, inService: event.inService };
  return event.type === 'WATERMARKS' ? { ...context, watermarks: event.watermarks } : context;
}

/**
 * Health of a virtual service, with Seesaw's hysteresis: a healthy service stays so while the low watermark is reached, an
 * unhealthy one becomes healthy when the high one is. Each event is a single step, for the data plane waits for it.
 */
export const serviceHealthMachine = setup({
  types: { context: {} as Context, events: {} as ServiceEvent, input: {} as { readonly watermarks: Watermarks } },
  guards: {
    reachesHigh: ({ context, event }) => reaches('high', known(context, event)),
    missesLow: ({ context, event }) => !reaches('low', known(context, event)),
  },
  actions: {
    learn: assign(({ context, event }) => known(context, event)),
    beHealthy: assign(({ context, event }) => {
      const now = known(context, event);
      return { ...now, why: `${counts(now)}, ${text(now.watermarks.low)} needed` };
    }),
    beUnhealthy: assign(({ context, event }) => {
      const now = known(context, event);
      return { ...now, why: `${counts(now)}, ${text(now.watermarks.high)} needed to become healthy` };
    }),
    beDisabled: assign({ why: ({ event, context }) => (event.type === 'DISABLE' ? event.why : context.why) }),
  },
}).createMachine({
  id: 'service-health',
  context: ({ input }) => ({
    watermarks: input.watermarks,
    healthy: 0,
    inService: 0,
    why: 'no backend was checked yet',
  }),
  initial: 'unhealthy',
  on: { DISABLE: { target: '.disabled', actions: 'beDisabled' } },
  states: {
    unhealthy: {
      on: {
        RESUME: { target: 'healthy' },
        COUNTS: [{ guard: 'reachesHigh', target: 'healthy', actions: 'beHealthy' }, { actions: 'beUnhealthy' }],
        WATERMARKS: [{ guard: 'reachesHigh', target: 'healthy', actions: 'beHealthy' }, { actions: 'beUnhealthy' }],
      },
    },
    healthy: {
      on: {
        COUNTS: [{ guard: 'missesLow', target: 'unhealthy', actions: 'beUnhealthy' }, { actions: 'beHealthy' }],
        WATERMARKS: [{ guard: 'missesLow', target: 'unhealthy', actions: 'beUnhealthy' }, { actions: 'beHealthy' }],
      },
    },
    disabled: {
      on: {
        COUNTS: { actions: 'learn' },
        WATERMARKS: { actions: 'learn' },
        ENABLE: [
          { guard: 'reachesHigh', target: 'healthy', actions: 'beHealthy' },
          { target: 'unhealthy', actions: 'beUnhealthy' },
        ],
      },
    },
  },
});
