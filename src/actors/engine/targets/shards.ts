import type { TargetKey } from '../../../model/states.js';
import type { Nanoseconds } from '../../../model/units.js';
import type { LinkOf } from '../../../wire/links/link-kind.js';
import { type TargetStatus, targetsLink } from '../../../wire/links/targets.js';
import type { ActorContext } from '../../../workers/actor.js';
import type { Subscriber } from '../service/service.js';
import type { Targets } from './targets.js';

/** Targets in one message: about 2 ms of encoding. */
const CHUNK = 500;

type MonitorLink = LinkOf<typeof targetsLink, 'a'>;

/** The monitor shards: tells each its targets, and hands on what they report. */
export class Shards {
  readonly #links = new Map<number, MonitorLink>();
  readonly #targets: Targets<Subscriber>;
  /** Shards that have told how all their targets are, since we began. */
  readonly #reported = new Set<number>();

  constructor(targets: Targets<Subscriber>) {
    this.#targets = targets;
  }

  /** From here on shards are heard; `change` is false for what a shard says of targets that it has watched all along. */
  listen(
    context: ActorContext,
    onStatuses: (statuses: readonly TargetStatus[], change: boolean) => void,
    onTold: (shard: string, until: Nanoseconds) => void,
  ): void {
    context.links(targetsLink, 'a').subscribe((link) => {
      const shard = Number(link.peer.slice(link.peer.lastIndexOf('-') + 1));
      this.#links.set(shard, link);
      link.connected$.subscribe(() => this.#tellAll(shard, link));
      link.in$.subscribe((message) => {
        if (message.kind === 'told') return onTold(link.peer, message.until);
        if (message.kind === 'complete') this.#reported.add(shard);
        onStatuses(message.statuses, message.kind === 'transitions');
      });
    });
  }

  /** Tells what changed since the last call. */
  tellMoves(): void {
    const { assign, unassign } = this.#targets.takeMoves();
    for (const [shard, keys] of unassign) {
      const link = this.#links.get(shard);
      for (const chunk of chunks<TargetKey>(keys)) link?.out.next({ kind: 'unassign', keys: chunk });
    }
    for (const [shard, targets] of assign) {
      const link = this.#links.get(shard);
      for (const chunk of chunks(targets)) link?.out.next({ kind: 'assign', targets: chunk });
    }
  }

  /** True when every shard that has targets has said how they are. */
  allReported(): boolean {
    for (const { shard } of this.#targets.all()) if (!this.#reported.has(shard)) return false;
    return true;
  }

  #tellAll(shard: number, link: MonitorLink): void {
    link.out.next({ kind: 'replace-begin' });
    for (const chunk of chunks(this.#targets.ofShard(shard))) link.out.next({ kind: 'assign', targets: chunk });
    link.out.next({ kind: 'replace-end' });
  }
}

function* chunks<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let start = 0; start < items.length; start += CHUNK) yield items.slice(start, start + CHUNK);
}
