/**
 * A sync group: routers of one node that are master, backup or at fault together. Each of them decides by what it hears on its
 * own segment; the group says when the others go along:
 *
 *   - a member whose timer has run out is ready, and waits. When all are ready, they become master together;
 *   - a master that yields, or is asked to step down, takes the other masters along;
 *   - while one lacks something that it needs, all are at fault;
 *   - a member that joins a group of masters waits as a backup. If it hears a master that it follows, the others step down.
 *
 * Pure: it knows neither time nor packets. In a steady state it allocates nothing.
 */
import type { VrrpState } from '../../model/states.js';
import { type Nanoseconds, ns } from '../../model/units.js';

export interface SyncMember {
  readonly name: string;
  readonly state: VrrpState;
  /** A backup whose timer has run out since it last heard a master. */
  readonly isReady: boolean;
  /** Why the member itself cannot run; empty = it can. */
  readonly faults: readonly string[];
  /** It is ready, and becomes master now. */
  promote(): void;
  /** A master resigns, and is a backup as any other. */
  goAlong(why: string): void;
  /** A master resigns, and preempts nobody until the new master is gone. */
  stepDown(why: string): void;
  /** Of its own adverts. */
  readonly intervalNs: Nanoseconds;
  /** A backup waits so much longer than the usual time, until it hears a master. */
  linger(byNs: Nanoseconds): void;
}

/** What happened to the group as a whole; `why` is of the member whose change it was. */
export type GroupChanged = (from: VrrpState, to: VrrpState, why: string) => void;

/** In intervals: the skews of two nodes differ by one at most, and an advert needs some time to arrive. */
const LINGER = 2;

export class SyncGroup {
  readonly name: string;
  readonly #onChange: GroupChanged;
  #members: readonly SyncMember[] = [];
  #state: VrrpState = 'init';
  #why = 'waits to be started';
  /** The others are going along: what they do then is not news to the group. */
  #moving = false;

  constructor(name: string, onChange: GroupChanged) {
    this.name = name;
    this.#onChange = onChange;
  }

  /** That of the members: they differ only while one joins. */
  get state(): VrrpState {
    return this.#state;
  }
  get why(): string {
    return this.#why;
  }
  get members(): readonly SyncMember[] {
    return this.#members;
  }

  /** In an order that all nodes agree on: see `#breakTie`. */
  assign(members: readonly SyncMember[], why: string): void {
    this.#members = members;
    this.#settle(why);
  }

  /** Whether a member whose timer has just run out becomes master. */
  mayPromote(member: SyncMember): boolean {
    for (let index = 0; index < this.#members.length; index += 1) {
      const other = this.#members[index] as SyncMember;
      if (other !== member && other.state !== 'master' && !other.isReady) return false;
    }
    return true;
  }

  /** What a member lacks: its own faults, else those of the first other member that has some. */
  faultsOf(member: SyncMember): readonly string[] {
    if (member.faults.length > 0) return member.faults;
    const fault = this.#fault();
    return fault === null ? [] : [this.#along(fault)];
  }

  /** A member has changed its state. */
  changed(member: SyncMember, from: VrrpState, to: VrrpState, why: string): void {
    if (this.#moving) return;
    const cause = `${member.name}: ${why}`;
    if (to === 'master') this.#move((other) => other.isReady && other.promote());
    if (from === 'master' && to === 'backup') {
      this.#leaveMaster(cause);
      this.#breakTie(member);
    }
    this.#settle(cause);
  }

  /** A member, a backup, has heard a master that it follows. */
  followed(member: SyncMember): void {
    if (!this.#hasMaster()) return;
    const cause = `${member.name} follows another master`;
    this.#leaveMaster(cause);
    this.#settle(cause);
  }

  /** All masters step down, as a person asks. False where there is none. */
  stepDown(why: string): boolean {
    if (!this.#hasMaster()) return false;
    this.#move((member) => member.state === 'master' && member.stepDown(why));
    this.#settle(why);
    return true;
  }

  #leaveMaster(cause: string): void {
    const why = this.#along(cause);
    this.#move((other) => other.state === 'master' && other.goAlong(why));
  }

  /**
   * Where one node wins the election of one member and another node that of another (other priorities, a tie broken by address),
   * both yield at the same time, and would take over at the same time, for ever. The first member's winner lets the other go first.
   */
  #breakTie(member: SyncMember): void {
    if (member === this.#members[0]) return;
    const byNs = ns(LINGER * Math.max(...this.#members.map(({ intervalNs }) => intervalNs)));
    for (const each of this.#members) each.linger(byNs);
  }

  #move(each: (member: SyncMember) => unknown): void {
    this.#moving = true;
    for (const member of this.#members) each(member);
    this.#moving = false;
  }

  #settle(why: string): void {
    const from = this.#state;
    const to = this.#stateNow();
    if (to === from) return;
    this.#state = to;
    this.#why = to === 'fault' ? (this.#fault() ?? why) : why;
    this.#onChange(from, to, this.#why);
  }

  #stateNow(): VrrpState {
    const states = this.#members.map(({ state }) => state);
    return (['fault', 'master', 'backup'] as const).find((state) => states.includes(state)) ?? 'init';
  }

  #hasMaster(): boolean {
    for (let index = 0; index < this.#members.length; index += 1) {
      if (this.#members[index]?.state === 'master') return true;
    }
    return false;
  }

  #fault(): string | null {
    const member = this.#members.find(({ faults }) => faults.length > 0);
    return member === undefined ? null : `${member.name}: ${member.faults.join('; ')}`;
  }

  #along(cause: string): string {
    return `sync group ${this.name} went along with ${cause}`;
  }
}
