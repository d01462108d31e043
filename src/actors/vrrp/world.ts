/** What the parts of the VRRP actor share: the thread's clock and sockets, and the way out to the other actors. */

import type { RouterFlags } from '../../machines/vrrp.js';
import type { RouterTable } from '../../machines/vrrp-table.js';
import type { FrameSender } from '../../net/frame-sockets.js';
import type { InterfaceTable } from '../../net/interface-table.js';
import type { PreciseClock } from '../../net/precise-clock.js';
import type { Realtime } from '../../net/realtime.js';
import type { RouteSocket } from '../../net/route-socket.js';
import type { FromVrrp } from '../../wire/vrrp-link.js';
import type { ActorContext } from '../../workers/actor.js';

export type World = {
  readonly clock: PreciseClock;
  readonly interfaces: InterfaceTable;
  readonly routes: Pick<RouteSocket, 'change'>;
  readonly frames: Pick<FrameSender, 'send'>;
  readonly realtime: Realtime;
  /** Compiled once for each set of flags. */
  readonly tableOf: (flags: RouterFlags) => RouterTable;
  readonly out: Pick<ActorContext, 'log' | 'meter' | 'event' | 'state'>;
  /** To the data plane. */
  tellState(message: FromVrrp): void;
  /** As the engine told last; null before it did. */
  serviceHealthy(name: string): boolean | null;
};
