/**
 * A monitor shard: probes the targets that the engine assigns to it, and tells the engine how they are.
 *
 * From socket to message: a checker (`src/checks/`) ends a probe; `monitor/scheduler.ts` excuses what is the shard's own fault
 * and plans the next; `monitor/shard.ts` steps the target's health (`src/machines/health/target-health.ts`); `monitor/reporter.ts`
 * tells the engine.
 */

import { createCustomChecker } from '../../checks/custom/checker.js';
import { loadCheckers } from '../../checks/load.js';
import { NameCache } from '../../checks/probing/resolve.js';
import { messageOf } from '../../model/errors.js';
import type { Checker, CheckerContext } from '../../model/probe.js';
import { descriptorLimit } from '../../os/process/descriptor-limit.js';
import { fallenLink } from '../../wire/links/fallen.js';
import { hostChecksLink } from '../../wire/links/host-checks.js';
import type { LinkOf } from '../../wire/links/link-kind.js';
import { targetsLink } from '../../wire/links/targets.js';
import type { Actor, ActorContext, ActorFactory } from '../../workers/actor.js';
import { type Caller, createCaller } from '../../workers/links/rpc.js';
import { type FileCalls, fileCalls } from '../supervisor/calls.js';
import { rehearse } from '../warm-up/monitor.js';
import { Shard, type ShardOptions } from './shard.js';
import { DESCRIPTOR_SHARE, MAX_PROBES_PER_SHARD } from './shard-limits.js';
import { createLoop, type Loop } from './time/loop.js';

/** What tests replace. */
export type MonitorParts = {
  readonly loop: Loop;
  readonly checkers: ShardOptions['checkers'];
  readonly resolve: CheckerContext['resolve'];
  readonly readFile: CheckerContext['readFile'];
};

export const createMonitor: ActorFactory = async (context) => {
  const checkers = await loadCheckers();
  const createOne = (own: ActorContext): Actor =>
    createMonitorOf(own, {
      loop: createLoop(),
      checkers: {
        ...checkers,
        custom: { create: (checker) => createCustomChecker(checker, own.link(hostChecksLink, 'a')) as Checker },
      },
      resolve: new NameCache().resolve,
      readFile: readerOf(own),
    });
  await rehearse(context.config, createOne);
  return createOne(context);
};

/** The process has few threads for reading, and they may hang: the supervisor reads for all shards. */
function readerOf(context: ActorContext): CheckerContext['readFile'] {
  let files: Caller<FileCalls> | null = null;
  return async (path) => {
    // A rehearsal has no such link, and reads no file.
    files ??= createCaller<FileCalls>(context.link(fileCalls, 'a'));
    return files.call('read', { path }).catch((error: unknown) => ({ kind: 'late', why: messageOf(error) }));
  };
}

export function createMonitorOf(context: ActorContext, parts: MonitorParts): Actor {
  const link = context.link(targetsLink, 'b');
  const ownDescriptors = (descriptorLimit() * DESCRIPTOR_SHARE) / Math.max(1, context.config.runtime.monitorShards);
  const dataplanes: LinkOf<typeof fallenLink, 'a'>[] = [];
  context.links(fallenLink, 'a').subscribe((dataplane) => dataplanes.push(dataplane));
  const shard = new Shard({
    context,
    ...parts,
    maxProbes: Math.max(1, Math.floor(Math.min(MAX_PROBES_PER_SHARD, ownDescriptors))),
    send: (message) => link.out.next(message),
    sendFallen: (message) => {
      for (const dataplane of dataplanes) dataplane.out.next(message);
    },
    backlog: () => link.backlog(),
  });
  context.holds(() => shard.checks);
  // A new engine says `replace-begin` and, at the end of its list, `replace-end`: the answer to that is all it needs.
  const incoming = link.in$.subscribe((message) => shard.receive(message));
  return {
    configure() {
      // What to check comes from the engine; how much at once is settled at the start: shards that a reload adds take less.
    },
    async stop() {
      incoming.unsubscribe();
      shard.stop();
    },
  };
}
