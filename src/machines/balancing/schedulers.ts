/** The schedulers by name. */
import type { ProxyScheduler } from '../../wire/ipvs/types.js';
import { LeastConnections } from './least-connections.js';
import { Maglev } from './maglev.js';
import { RoundRobin } from './round-robin.js';
import type { Candidate, Scheduler } from './scheduler.js';
import { SourceHash } from './source-hash.js';
import { WeightedRoundRobin } from './weighted-round-robin.js';

/** `flags` as IPVS names them: `sh-fallback` and `mh-fallback` let another destination step in for one at its limit. */
export function createScheduler<C extends Candidate>(name: ProxyScheduler, flags: readonly string[]): Scheduler<C> {
  switch (name) {
    case 'rr':
      return new RoundRobin();
    case 'wrr':
      return new WeightedRoundRobin();
    case 'lc':
      return new LeastConnections({ weighted: false });
    case 'wlc':
      return new LeastConnections({ weighted: true });
    case 'sh':
      return new SourceHash({ fallback: flags.includes('sh-fallback') });
    case 'mh':
      return new Maglev({ fallback: flags.includes('mh-fallback') });
    default:
      return name satisfies never;
  }
}
