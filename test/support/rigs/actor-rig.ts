/** An actor's context without threads: the test holds the other end of every link. */

import { ReplaySubject } from 'rxjs';
import { filter } from 'rxjs/operators';
import type { Config } from '../../../src/model/config.js';
import type { Link } from '../../../src/model/link.js';
import type { EventBody } from '../../../src/model/observing/events.js';
import type { StateItem } from '../../../src/model/observing/state-item.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { type EndOfLink, isLink, type LinkKind, type Side } from '../../../src/wire/links/link-kind.js';
import type { ActorContext } from '../../../src/workers/actor.js';
import { createKeptFds } from '../../../src/workers/host/kept-fds.js';
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
  readonly link: (name: string, kind: LinkKind, side: Side) => TestLink;
};

export function actorRig(name: string, config: Config): ActorRig {
  const links: EndOfLink[] = [];
  const links$ = new ReplaySubject<EndOfLink>();
  const rig: Omit<ActorRig, 'context'> = {
    events: [],
    items: new Map(),
    told: [],
    logged: [],
    failures: [],
    link(linkName, kind, side) {
      const pair = linkPair(linkName, kind, { connected: false });
      const own = pair[side];
      const peer = pair[side === 'a' ? 'b' : 'a'] as Link<unknown, unknown>;
      const received: unknown[] = [];
      peer.in$.subscribe((message) => received.push(message));
      links.push(own);
      links$.next(own);
      return { peer, received, connect: pair.connect };
    },
  };
  const log = (level: string) => (fields: object, message: string) => void rig.logged.push({ level, fields, message });
  const context: ActorContext = {
    name,
    config,
    driverModule: null,
    keptFds: createKeptFds(),
    now: monotonicNow,
    meter: new ActorMeter(),
    log: { trace: log('trace'), debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    link: (kind, side) => {
      for (const link of links) if (isLink(link, kind, side)) return link;
      throw new Error(`the test made no link ${kind.name} of side ${side}`);
    },
    links: (kind, side) => links$.pipe(filter((link) => isLink(link, kind, side))),
    event: (body) => void rig.events.push(body),
    state: (key, item) => {
      rig.told.push(key);
      if (item === null) rig.items.delete(key);
      else rig.items.set(key, item);
    },
    holds: () => {},
    fail: (error) => void rig.failures.push(error),
    poll: () => () => false,
  };
  return { ...rig, context };
}
