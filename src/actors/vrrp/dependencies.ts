/** What the parts of the VRRP actor share: the thread's clock and sockets, and the way out to the other actors. */

import type { ChangedSetting } from '../../machines/virtual-mac/kernel-settings.js';
import type { RouterFlags } from '../../machines/vrrp/state-machine.js';
import type { RouterTable } from '../../machines/vrrp/table.js';
import type { TrackFacts } from '../../machines/vrrp/tracking.js';
import type { PreciseClock } from '../../os/clock/precise-clock.js';
import type { Sysctls } from '../../os/kernel/sysctl.js';
import type { InterfaceTable } from '../../os/netlink/interface-table.js';
import type { RouteSocket } from '../../os/netlink/route-socket.js';
import type { FrameSender } from '../../os/packets/frame-sockets.js';
import type { Realtime } from '../../os/process/realtime.js';
import type { FromVrrp } from '../../wire/links/vrrp-states.js';
import type { ActorContext } from '../../workers/actor.js';
import type { Hedge } from './hedge/first-thread.js';

export type VrrpDependencies = {
  readonly clock: PreciseClock;
  readonly interfaces: InterfaceTable;
  readonly routes: Pick<RouteSocket, 'change' | 'changeLink'>;
  readonly frames: Pick<FrameSender, 'send'>;
  readonly realtime: Realtime;
  readonly hedge: Hedge;
  readonly sysctls: Sysctls;
  /** For the next start, should this process be killed. */
  rememberSettings(this: void, changed: readonly ChangedSetting[]): void;
  /** Compiled once for each set of flags. */
  readonly tableOf: (flags: RouterFlags) => RouterTable;
  readonly out: Pick<ActorContext, 'log' | 'meter' | 'event' | 'state'>;
  /** To the data plane. */
  tellState(message: FromVrrp): void;
  /** As the engine told last; null before it did. */
  serviceHealthy(name: string): boolean | null;
  /** The node is in maintenance: nobody becomes master. */
  inMaintenance(): boolean;
  /** As the trackers told last. */
  tracked: TrackFacts['tracked'];
};

/** What a master's addresses, routes and rules need. */
export type HeldDependencies = Pick<VrrpDependencies, 'interfaces' | 'frames' | 'out'> & {
  readonly routes: Pick<RouteSocket, 'change'>;
  readonly clock: Pick<PreciseClock, 'now'>;
};
