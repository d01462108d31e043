/** Monitor shard to data plane: what has fallen. The engine decides; this is for the moments in which there is none that answers. */

import type { TargetKey } from '../../model/states.js';
import type { Nanoseconds } from '../../model/units.js';
import { drop, type LinkKind, nothing, STREAM } from './link-kind.js';
import { protocol } from './protocol.js';

export type FromShard = {
  readonly kind: 'fallen';
  readonly keys: readonly TargetKey[];
  /** Later in each message of a shard, over all its lives. */
  readonly at: Nanoseconds;
};

export const fromShard = protocol<FromShard>('from-shard', 1, { fallen: { keys: 'array', at: 'number' } });

/** From a monitor to the data plane. A data plane that takes nothing writes nothing either, and the next one hears from the engine how things are. */
export const fallenLink: LinkKind<FromShard, never> = {
  name: 'fallen',
  aToB: { protocol: fromShard, bound: STREAM, overflow: drop },
  bToA: nothing,
};
