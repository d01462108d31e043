/** Monitor shard to data plane: what has fallen. The engine decides; this is for the moments in which there is none that answers. */
import { protocol } from './protocol.js';
import type { TargetKey } from './target-link.js';
import type { Nanoseconds } from './units.js';

export type FromShard = {
  readonly kind: 'fallen';
  readonly keys: readonly TargetKey[];
  /** Later in each message of a shard, over all its lives. */
  readonly at: Nanoseconds;
};

export const fromShard = protocol<FromShard>('from-shard', 1, { fallen: { keys: 'array', at: 'number' } });
