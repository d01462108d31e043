/**
 * The whole system on one screen: which actors run, who talks to whom, and what happens when one dies.
 *
 *   config -> engine <- results - monitor 1..N        each actor on a thread of its own, the monitors in a pool
 *               |  ^                  ^ targets       main thread: a handle, and the host's app, on no critical path
 *         table |  | vrrp state       |
 *               v  |                  |
 *           dataplane -> IPVS | proxy 1..N | dry run      vrrp <-> the wire
 *           gateway, agent, healthcheck-server: the doors; they read, and send commands
 */

import { type Descriptor, door, namesOf, stages, withoutServices } from './actors/descriptor.js';
import { descriptors } from './actors/registry.js';
import { fileCalls, supervisorCalls } from './actors/supervisor/calls.js';
import { MAIN, type Observation, SUPERVISOR } from './actors/supervisor/ends.js';
import type { Config } from './model/config.js';
import { hostChecksLink } from './wire/links/host-checks.js';
import type { LinkKind } from './wire/links/link-kind.js';
import { logLink } from './wire/links/log.js';
import { observationLink, telemetryLink } from './wire/links/telemetry.js';
import type { ChildSpec } from './workers/supervision/child.js';
import type { Pool } from './workers/supervision/pool.js';
import { launchThread, type ThreadLimits } from './workers/supervision/thread.js';
import type { LinkSpec, Plan } from './workers/supervision/tree.js';

/** What the tree looks like for a configuration; a reload moves from one plan to the next. */
export function planOf(config: Config, pool: Pool, audience: Observation, actors = descriptors): Plan {
  const running = actors.flatMap((actor) => namesOf(actor, config, audience).map((name) => ({ actor, name })));
  return {
    stages: stages.map((stage) =>
      running.filter(({ actor }) => actor.stage === stage).map(({ actor, name }) => childOf(actor, name, pool)),
    ),
    links: linksOf([...running.map(({ actor, name }) => ({ ...actor, name })), ...outsiders(audience)]),
  };
}

const childOf = (actor: Descriptor, name: string, pool: Pool): ChildSpec => ({
  name,
  kind: actor.kind,
  policy: actor.policy,
  deadlineMs: actor.deadlineMs,
  vital: actor.policy !== door,
  excerpt: actor.excerpt ?? withoutServices,
  launch: (init) => {
    if (actor.thread === 'pooled') return pool.launch(init);
    return (actor.thread === 'spared' ? pool.replace(init) : null) ?? launchThread(init, actor.limits);
  },
});

/** Traffic waits for these, so a thread is kept that has loaded what they need; the doors may take half a second. */
const spared = descriptors.filter(({ thread }) => thread !== undefined);

/** Whom the spare thread may become: it is kept where there is traffic. */
export const sparedKinds = ({ services }: Config): readonly string[] =>
  services.length === 0 ? [] : spared.map(({ kind }) => kind);

/** Of a thread of the pool, the spare too, whoever it becomes. */
export const poolLimits: ThreadLimits = {
  memoryMb: Math.max(...spared.map(({ limits }) => limits.memoryMb)),
  youngMb: Math.max(...spared.map(({ thread, limits }) => (thread === 'pooled' ? limits.youngMb : 0))),
};
type End = Pick<Descriptor, 'speaks' | 'hears' | 'calls' | 'asksAll'> & { readonly name: string };

/** The ends of links that are no actors of the tree: the supervisor, and the main thread with the host app. */
const outsiders = ({ logTo, watched }: Observation): readonly End[] => [
  { name: SUPERVISOR, calls: supervisorCalls, hears: [fileCalls] },
  {
    name: MAIN,
    asksAll: true,
    hears: [hostChecksLink, ...(watched ? [observationLink] : []), ...(logTo === MAIN ? [logLink] : [])],
  },
];

/** Whoever speaks a kind of link speaks to everybody who hears it. */
function linksOf(ends: readonly End[]): LinkSpec[] {
  const hears = ({ hears = [], calls }: End): readonly LinkKind[] => (calls === undefined ? hears : [...hears, calls]);
  const all = ends.flatMap(({ calls }) => calls ?? []);
  const speaks = (end: End): readonly LinkKind[] => [
    ...(end.speaks ?? []),
    ...(end.asksAll ? all : []),
    // Everybody tells of itself; what the main thread does, the host app knows, and who writes the records writes none.
    ...(end.name === MAIN ? [] : [telemetryLink, observationLink]),
    ...(end.name === MAIN || end.hears?.includes(logLink) ? [] : [logLink]),
  ];
  return ends.flatMap((a) =>
    speaks(a).flatMap((kind) =>
      ends
        .filter((b) => hears(b).some(({ name }) => name === kind.name))
        .map((b) => ({ kind: kind.name, a: a.name, b: b.name })),
    ),
  );
}
