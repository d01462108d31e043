import type { ProbeSpec } from '../../../model/probe.js';
import type { TargetKey } from '../../../model/states.js';
import { ns } from '../../../model/units.js';
import type { TargetAssignment, TargetStatus } from '../../../wire/links/targets.js';
import { ownString } from '../../../wire/text/own-string.js';
import { targetKeyOf } from './probe-spec.js';
import { shardOf } from './sharding.js';

/** One deduplicated probe, with everyone who wants to know how it is. */
export type Target<Subscriber> = {
  readonly key: TargetKey;
  readonly spec: ProbeSpec;
  status: TargetStatus;
  shard: number;
  readonly subscribers: Set<Subscriber>;
};

export const unknownStatus = (key: TargetKey): TargetStatus => ({
  key,
  state: 'unknown',
  failures: 0,
  successes: 0,
  probes: 0,
  passed: 0,
  lastCheckMs: 0,
  durationNs: ns(0),
  cause: null,
  message: 'not checked yet',
});

/** To be kept: one object, and nothing of the message that it came in. */
export const heldStatus = (key: TargetKey, status: TargetStatus): TargetStatus => ({
  key,
  state: status.state,
  failures: status.failures,
  successes: status.successes,
  probes: status.probes,
  passed: status.passed,
  lastCheckMs: status.lastCheckMs,
  durationNs: status.durationNs,
  cause: status.cause,
  message: ownString(status.message),
  ...(status.weight === undefined ? {} : { weight: status.weight }),
});

export const isSameWeight = ({ weight: one }: TargetStatus, { weight: other }: TargetStatus): boolean =>
  one?.kind === other?.kind && one?.weight === other?.weight;

/** What changes for the shards; each is told once, after all subscriptions of a turn. */
export type Moves = {
  readonly assign: ReadonlyMap<number, readonly TargetAssignment[]>;
  readonly unassign: ReadonlyMap<number, readonly TargetKey[]>;
};

/** All targets, the shard of each, and who subscribes. Pure bookkeeping: whoever uses it sends the moves. */
export class Targets<Subscriber> {
  readonly #targets = new Map<TargetKey, Target<Subscriber>>();
  readonly #resume: (key: TargetKey) => TargetStatus | null;
  #shards: number;
  #assign = new Map<number, TargetAssignment[]>();
  #unassign = new Map<number, TargetKey[]>();

  /** `resume` tells the last known status of a target that is new to this life. */
  constructor(shards: number, resume: (key: TargetKey) => TargetStatus | null) {
    this.#shards = shards;
    this.#resume = resume;
  }

  get size(): number {
    return this.#targets.size;
  }

  get(key: TargetKey): Target<Subscriber> | undefined {
    return this.#targets.get(key);
  }

  all(): Iterable<Target<Subscriber>> {
    return this.#targets.values();
  }

  ofShard(shard: number): TargetAssignment[] {
    const assignments: TargetAssignment[] = [];
    for (const target of this.#targets.values()) if (target.shard === shard) assignments.push(assignmentOf(target));
    return assignments;
  }

  /** `like`: a target whose state a new one may begin with. */
  subscribe(spec: ProbeSpec, subscriber: Subscriber, like: Target<unknown> | null = null): Target<Subscriber> {
    const key = targetKeyOf(spec);
    let target = this.#targets.get(key);
    if (target === undefined) {
      const shard = shardOf(key, this.#shards);
      target = { key, spec, status: this.#resume(key) ?? inherited(key, like), shard, subscribers: new Set() };
      this.#targets.set(key, target);
      push(this.#assign, shard, assignmentOf(target));
    }
    target.subscribers.add(subscriber);
    return target;
  }

  /** One that nobody probes, and that is as `like` was. */
  idle(spec: ProbeSpec, like: Target<unknown> | null): Target<Subscriber> {
    const key = targetKeyOf(spec);
    return { key, spec, status: inherited(key, like), shard: shardOf(key, this.#shards), subscribers: new Set() };
  }

  unsubscribe(key: TargetKey, subscriber: Subscriber): void {
    this.#targets.get(key)?.subscribers.delete(subscriber);
  }

  /** Moves as few targets as possible. */
  resize(shards: number): void {
    if (shards === this.#shards) return;
    this.#shards = shards;
    for (const target of this.#targets.values()) {
      const shard = shardOf(target.key, shards);
      if (shard === target.shard) continue;
      push(this.#unassign, target.shard, target.key);
      target.shard = shard;
      push(this.#assign, shard, assignmentOf(target));
    }
  }

  /** Drops what nobody subscribes to any more, and answers with what the shards must be told. */
  takeMoves(): Moves {
    for (const target of this.#targets.values()) {
      if (target.subscribers.size > 0) continue;
      this.#targets.delete(target.key);
      push(this.#unassign, target.shard, target.key);
    }
    const moves = { assign: this.#assign, unassign: this.#unassign };
    this.#assign = new Map();
    this.#unassign = new Map();
    return moves;
  }
}

const inherited = (key: TargetKey, like: Target<unknown> | null): TargetStatus =>
  like === null ? unknownStatus(key) : { ...like.status, key };

const assignmentOf = ({ key, spec, status }: Target<unknown>): TargetAssignment => ({
  key,
  spec,
  resume: status.state === 'unknown' ? null : status,
});

function push<T>(map: Map<number, T[]>, shard: number, item: T): void {
  const items = map.get(shard);
  if (items === undefined) map.set(shard, [item]);
  else items.push(item);
}
