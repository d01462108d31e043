/** The states that people see, of a target, a backend and a VRRP instance. */

import type { BackendView, CheckView, VrrpView } from './observing/views.js';

export type TargetState = CheckView['state'];
export type VrrpState = VrrpView['state'];
export type BackendState = BackendView['state'];

/** A backend's state for people: a drain that is over is more than an operator's disable. */
export const shownState = ({ state, drained }: Pick<BackendView, 'state' | 'drained'>): string =>
  drained ? 'drained' : state;

/** A target is one deduplicated probe. Its key is a hash of its whole spec, so it is the same in every life of every actor. */
export type TargetKey = string;
