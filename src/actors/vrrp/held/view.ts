/** What others are shown of the things that a master has. */
import type { HeldView } from '../../../model/observing/held-view.js';
import type { HeldState, HeldThing, Keeper } from './keeper.js';

const shown = { ours: 'set', found: 'found', absent: 'absent' } as const satisfies Record<HeldState, HeldView['state']>;

export function heldViews<Thing extends HeldThing>(kind: HeldView['kind'], keeper: Keeper<Thing>): readonly HeldView[] {
  const views: HeldView[] = [];
  keeper.each(({ text }, state, problem) => views.push({ kind, text, state: shown[state], why: problem }));
  return views;
}

/** Of what belongs on an interface that is missing; null = the instance's own, which its state tells of. */
export const absentView = (kind: HeldView['kind'], text: string, interfaceName: string | null): HeldView => ({
  kind,
  text,
  state: 'absent',
  why: interfaceName === null ? null : `there is no interface ${interfaceName}`,
});
