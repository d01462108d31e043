import type { Clock, Nanoseconds } from '../../../model/units.js';
import type { ActorContext } from '../../../workers/actor.js';
import type { After } from '../timers.js';

export type ReconcilerSettings = {
  readonly manage: 'own' | 'all';
  readonly maxRemovals: number | null;
  readonly reconcileIntervalNs: Nanoseconds;
};

export type ReconcilerContext = Pick<ActorContext, 'log' | 'meter' | 'event'> & {
  readonly now: Clock;
  readonly after: After;
};
