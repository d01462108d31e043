/** Monitor shard to data plane: what has fallen. The engine decides; this is for the moments in which there is none that answers. */

import type { TargetKey } from '../../model/states.js';
import type { Nanoseconds } from '../../model/units.js';
import { protocol } from './protocol.js';

export type FromShard = {
  readonly kind: 'fallen';
  readonly keys: readonly TargetKey[];
  /** Later in each message of a shard, over all its lives. */
  readonly at: Nanoseconds;
};

export const fromShard = protocol<FromShard>('from-shard', 1, { fallen: { keys: 'array', at: 'number' } });
