/** How the priority in an advert compares with a router's own (RFC 9568 section 6.4.3). Pure. */
import { RESIGN_PRIORITY } from '../../wire/vrrp/advert.js';
import type { AdvertRank, RouterEventType } from './state-machine.js';

/** `sourceOrder` is above 0 where the sender's address is the greater one. */
export function rankOf(theirs: number, ours: number, sourceOrder: number): AdvertRank {
  if (theirs === RESIGN_PRIORITY) return 'resigned';
  if (theirs !== ours) return theirs > ours ? 'higher' : 'lower';
  return sourceOrder > 0 ? 'tie-lost' : 'tie-won';
}

export const advertEvents = {
  resigned: 'advert-resigned',
  lower: 'advert-lower',
  'tie-won': 'advert-tie-won',
  'tie-lost': 'advert-tie-lost',
  higher: 'advert-higher',
} as const satisfies Record<AdvertRank, RouterEventType>;
