/** An instance as its sync group sees it; of an instance in no group the same, and all is its own. */

import type { VrrpRouter } from '../../../machines/vrrp/router.js';
import type { SyncGroup, SyncMember } from '../../../machines/vrrp/sync-group.js';
import type { VrrpState } from '../../../model/states.js';
import type { Nanoseconds } from '../../../model/units.js';
import type { VrrpDependencies } from '../dependencies.js';
import type { HedgedDeadline } from '../instance/hedged-deadline.js';

const RESTING = 'while the node is in maintenance it does not become master';

type Surroundings = Pick<VrrpDependencies, 'clock' | 'inMaintenance'>;

export class GroupMember implements SyncMember {
  readonly name: string;
  group: SyncGroup | null = null;
  faults: readonly string[] = [];
  readonly #router: VrrpRouter;
  readonly #deadline: HedgedDeadline;
  readonly #surroundings: Surroundings;

  constructor(name: string, router: VrrpRouter, deadline: HedgedDeadline, surroundings: Surroundings) {
    this.name = name;
    this.#router = router;
    this.#deadline = deadline;
    this.#surroundings = surroundings;
  }

  get state(): VrrpState {
    return this.#router.state;
  }
  get isReady(): boolean {
    return this.#router.isReady;
  }
  get intervalNs(): Nanoseconds {
    return this.#router.settings.intervalNs;
  }
  /** Its own faults, or those of its group. */
  get allFaults(): readonly string[] {
    return this.group?.faultsOf(this) ?? this.faults;
  }

  mayPromote(): boolean {
    if (this.#surroundings.inMaintenance()) return false;
    return this.group === null || this.group.mayPromote(this);
  }
  /** A reason, and what keeps it so. */
  whyStill(why: string): string {
    if (!this.#surroundings.inMaintenance()) return why;
    const { isReady, isFollowing } = this.#router;
    return `${why}; ${RESTING}${isReady && isFollowing ? ', and no other node is' : ''}`;
  }
  /** After an advert that was no resignation. */
  heard(): void {
    if (this.#router.isFollowing) this.group?.followed(this);
  }
  changed(from: VrrpState, to: VrrpState, why: string): void {
    this.group?.changed(this, from, to, why);
  }

  promote(): void {
    this.#router.promote(this.#surroundings.clock.now());
    this.#deadline.arm();
  }
  goAlong(why: string): void {
    this.#leave('yield', why);
  }
  stepDown(why: string): void {
    this.#leave('failover', why);
  }
  linger(byNs: Nanoseconds): void {
    this.#router.linger(byNs);
  }

  #leave(type: 'yield' | 'failover', why: string): void {
    this.#deadline.takeBack();
    this.#router.control(type, this.#surroundings.clock.now(), why);
    this.#deadline.arm();
  }
}
