/** An actor's context without threads: the test holds the other end of every link. */
import { type Observable, ReplaySubject } from 'rxjs';
import { filter } from 'rxjs/operators';
import type { Config } from '../../../src/model/config.js';
import type { Link } from '../../../src/model/link.js';
import type { EventBody } from '../../../src/model/observing/events.js';
import type { StateItem } from '../../../src/model/observing/state-item.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { type LinkKind, type LinkKindName, linkKinds, type Side } from '../../../src/wire/links/links.js';
import type { ActorContext } from '../../../src/workers/actor.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { linkPair } from '../../../src/workers/links/link-pair.js';

export type TestLink = {
  /** The peer's end. */
  readonly peer: Link<unknown, unknown>;
  /** What the actor sent, in order. */
  readonly received: unknown[];
  /** The peer is there, or there again. */
  readonly connect: () => void;
};

export type ActorRig = {
  readonly context: ActorContext;
  readonly events: EventBody[];
  readonly items: Map<string, StateItem>;
  /** The keys of what was told of the state, in order. */
  readonly told: string[];
  readonly logged: { readonly level: string; readonly fields: object; readonly message: string }[];
  readonly failures: Error[];
  /** Adds a link that the actor calls `name`, on which it is the given side. */
  readonly link: (name: string, kind: LinkKindName, side: Side) => TestLink;
};

export function actorRig(name: string, config: Config): ActorRig {
  const links = new Map<string, Link<unknown, unknown>>();
  const links$ = new ReplaySubject<Link<unknown, unknown>>();
  const rig: Omit<ActorRig, 'context'> = {
    events: [],
    items: new Map(),
    told: [],
    logged: [],
    failures: [],
    link(linkName, kind, side) {
      const { aToB, bToA } = linkKinds[kind] as unknown as LinkKind;
      const pair = linkPair(linkName, aToB.protocol, bToA.protocol, { connected: false });
      const own = side === 'a' ? pair.a : pair.b;
      const peer = side === 'a' ? pair.b : pair.a;
      const received: unknown[] = [];
      peer.in$.subscribe((message) => received.push(message));
      links.set(linkName, own);
      links$.next(own);
      return { peer, received, connect: pair.connect };
    },
  };
  const log = (level: string) => (fields: object, message: string) => void rig.logged.push({ level, fields, message });
  const context: ActorContext = {
    name,
    config,
    driverModule: null,
    now: monotonicNow,
    meter: new ActorMeter(),
    log: { trace: log('trace'), debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    link: <In, Out>(linkName: string) => {
      const link = links.get(linkName);
      if (link === undefined) throw new Error(`the test made no link ${linkName}`);
      return link as Link<In, Out>;
    },
    links: <In, Out>(prefix: string) =>
      links$.pipe(
        filter((link) => link.name === prefix || link.name.startsWith(`${prefix}-`)),
      ) as unknown as Observable<Link<In, Out>>,
    event: (body) => void rig.events.push(body),
    state: (key, item) => {
      rig.told.push(key);
      if (item === null) rig.items.delete(key);
      else rig.items.set(key, item);
    },
    fail: (error) => void rig.failures.push(error),
    poll: () => () => false,
  };
  return { ...rig, context };
}
