/** The states that people see, of a target, a backend and a VRRP instance. */

import type { BackendView, CheckView, VrrpView } from './observing/views.js';

export type TargetState = CheckView['state'];
export type VrrpState = VrrpView['state'];
/** As metrics tell it. */
export const vrrpStateNumber = { init: 0, backup: 1, master: 2, fault: 3 } as const satisfies Record<VrrpState, number>;
export const vrrpStates: readonly VrrpState[] = ['init', 'backup', 'master', 'fault'];
export type BackendState = BackendView['state'];

/** A backend's state for people: a drain that is over is more than an operator's disable. */
export const shownState = ({ state, drained }: Pick<BackendView, 'state' | 'drained'>): string =>
  drained ? 'drained' : state;

/** A target is one deduplicated probe. Its key is a hash of its whole spec, so it is the same in every life of every actor. */
export type TargetKey = string;
