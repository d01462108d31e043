import { assign, setup } from 'xstate';
import type { Watermark } from '../config/model.js';

export type Watermarks = { readonly low: Watermark; readonly high: Watermark };

export type ServiceEvent =
  /** Backends that are healthy, of those in service (neither disabled nor draining). */
  | { readonly type: 'COUNTS'; readonly healthy: number; readonly inService: number }
  | { readonly type: 'WATERMARKS'; readonly watermarks: Watermarks }
  | { readonly type: 'DISABLE'; readonly why: string }
  | { readonly type: 'ENABLE' };

type Context = {
  readonly watermarks: Watermarks;
  readonly healthy: number;
  readonly inService: number;
  readonly why: string;
};

/** Whether so many healthy backends are enough. A count of 0 means at least one: nothing is never enough. */
function reaches(mark: Watermark, { healthy, inService }: { healthy: number; inService: number }): boolean {
  if (healthy === 0) return false;
  return mark.kind === 'count' ? healthy >= mark.count : healthy >= (inService * mark.percent) / 100;
}

const text = (mark: Watermark): string =>
  mark.kind === 'count' ? String(Math.max(1, mark.count)) : `${mark.percent}%`;

const counts = ({ healthy, inService }: { healthy: number; inService: number }): string =>
  `${healthy} of ${inService} backends healthy`;

/**
 * Health of a virtual service, with Seesaw's hysteresis: a healthy service stays so while the low watermark is reached, an
 * unhealthy one becomes healthy when the high one is.
 */
export const serviceHealthMachine = setup({
  types: { context: {} as Context, events: {} as ServiceEvent, input: {} as { readonly watermarks: Watermarks } },
  guards: {
    reachesHigh: ({ context }) => reaches(context.watermarks.high, context),
    missesLow: ({ context }) => !reaches(context.watermarks.low, context),
  },
  actions: {
    count: assign(({ event }) =>
      event.type === 'COUNTS' ? { healthy: event.healthy, inService: event.inService } : {},
    ),
    setWatermarks: assign(({ event }) => (event.type === 'WATERMARKS' ? { watermarks: event.watermarks } : {})),
    sayHealthy: assign({ why: ({ context }) => `${counts(context)}, ${text(context.watermarks.low)} needed` }),
    sayUnhealthy: assign({
      why: ({ context }) => `${counts(context)}, ${text(context.watermarks.high)} needed to become healthy`,
    }),
    sayDisabled: assign({ why: ({ event, context }) => (event.type === 'DISABLE' ? event.why : context.why) }),
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
  on: {
    COUNTS: { actions: 'count' },
    WATERMARKS: { actions: 'setWatermarks' },
    DISABLE: { target: '.disabled', actions: 'sayDisabled' },
  },
  states: {
    unhealthy: {
      on: {
        COUNTS: { target: 'unhealthy', actions: ['count', 'sayUnhealthy'] },
        WATERMARKS: { target: 'unhealthy', actions: ['setWatermarks', 'sayUnhealthy'] },
      },
      always: { guard: 'reachesHigh', target: 'healthy', actions: 'sayHealthy' },
    },
    healthy: {
      on: {
        COUNTS: { target: 'healthy', actions: ['count', 'sayHealthy'] },
        WATERMARKS: { target: 'healthy', actions: ['setWatermarks', 'sayHealthy'] },
      },
      always: { guard: 'missesLow', target: 'unhealthy', actions: 'sayUnhealthy' },
    },
    disabled: {
      on: { ENABLE: { target: 'unhealthy', actions: 'sayUnhealthy' } },
    },
  },
});
