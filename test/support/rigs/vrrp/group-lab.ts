/** Nodes on several segments at once, on one simulated clock: each node's routers are a sync group. */
import { reasonText } from '../../../../src/machines/vrrp/reason.js';
import type { RouterSettings } from '../../../../src/machines/vrrp/router.js';
import { SyncGroup, type SyncMember } from '../../../../src/machines/vrrp/sync-group.js';
import type { VrrpState } from '../../../../src/model/states.js';
import { type Nanoseconds, ns } from '../../../../src/model/units.js';
import { RESIGN_PRIORITY } from '../../../../src/wire/vrrp/advert.js';
import { type Medium, type SimulatedNode, SimulatedSegment } from './segment.js';

class Member implements SyncMember {
  readonly name: string;
  readonly node: SimulatedNode;
  faults: readonly string[] = [];
  readonly #now: () => Nanoseconds;

  constructor(name: string, node: SimulatedNode, now: () => Nanoseconds) {
    this.name = name;
    this.node = node;
    this.#now = now;
  }
  get state(): VrrpState {
    return this.node.router.state;
  }
  get isReady(): boolean {
    return this.node.router.isReady;
  }
  get intervalNs(): Nanoseconds {
    return this.node.router.settings.intervalNs;
  }
  promote(): void {
    this.node.router.promote(this.#now());
  }
  goAlong(why: string): void {
    this.node.router.control('yield', this.#now(), why);
  }
  stepDown(why: string): void {
    this.node.router.control('failover', this.#now(), why);
  }
  linger(byNs: Nanoseconds): void {
    this.node.router.linger(byNs);
  }
}

export type GroupNode = {
  readonly group: SyncGroup;
  readonly members: readonly Member[];
  /** What became of the group, with the time in milliseconds. */
  readonly changes: { readonly atMs: number; readonly to: VrrpState; readonly why: string }[];
};

export class GroupLab {
  readonly segments: readonly SimulatedSegment[];
  readonly nodes: GroupNode[] = [];
  nowNs = 0;

  /** A segment for each medium. */
  constructor(media: readonly Medium[]) {
    this.segments = media.map((medium) => new SimulatedSegment(medium));
    this.segments.forEach((segment, at) => {
      segment.onHeard = (node, priority) => this.#heard(node, at, priority);
    });
  }

  /** With one member on each segment. */
  add(settings: readonly RouterSettings[]): GroupNode {
    const changes: GroupNode['changes'] = [];
    const group = new SyncGroup('g1', (_from, to, why) => changes.push({ atMs: this.nowNs / 1e6, to, why }));
    const now = () => ns(this.nowNs);
    const members: Member[] = settings.flatMap((each, at) => {
      const own = () => members[at] as Member;
      const node = this.segments[at]?.add(each, {
        mayPromote: () => group.mayPromote(own()),
        changed: (from, to, reason) =>
          group.changed(own(), from, to, reasonText(reason, { peer: null, refused: null, masterDownMs: 0 })),
      });
      return node === undefined ? [] : [new Member(`vi${at + 1}`, node, now)];
    });
    group.assign(members, 'configured');
    const node = { group, members, changes };
    this.nodes.push(node);
    return node;
  }

  start(...nodes: readonly GroupNode[]): void {
    for (const { members } of nodes) {
      for (const { node } of members) node.router.control('startup', ns(this.nowNs), 'started');
    }
  }

  /** As the node does after it has looked at all of its members. */
  fault(node: GroupNode, member: number, why: string | null): void {
    const faulty = node.members[member];
    if (faulty === undefined) throw new Error('no such member');
    faulty.faults = why === null ? [] : [why];
    for (const each of node.members) {
      const faults = node.group.faultsOf(each);
      if (faults.length === 0 && each.state === 'fault') each.node.router.control('recovered', ns(this.nowNs), 'again');
      if (faults.length > 0) each.node.router.control('fault', ns(this.nowNs), faults.join('; '));
    }
  }

  kill(node: GroupNode): void {
    for (const member of node.members) member.node.alive = false;
  }

  run(untilNs: number): void {
    for (;;) {
      const next = this.segments.toSorted((a, b) => a.nextNs - b.nextNs)[0];
      if (next === undefined || next.nextNs > untilNs) break;
      this.#goTo(Math.max(this.nowNs, next.nextNs));
      next.step();
    }
    this.#goTo(untilNs);
  }

  /** The states of a node's members, each once: one, if they agree. */
  statesOf(node: GroupNode): readonly VrrpState[] {
    return [...new Set(node.members.map(({ state }) => state))];
  }

  #goTo(nowNs: number): void {
    this.nowNs = nowNs;
    for (const segment of this.segments) segment.nowNs = nowNs;
  }

  #heard(node: number, at: number, priority: number): void {
    const { group, members } = this.nodes[node] ?? {};
    const member = members?.[at];
    if (member?.node.router.isFollowing === true && priority !== RESIGN_PRIORITY) group?.followed(member);
  }
}
