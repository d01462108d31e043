/** The main thread's ends of links: who may be asked from there, and what it is told. */

import { toMain } from '../wire/links/control.js';
import { isLink, type LinkKindName, type LinkOf } from '../wire/links/links.js';
import type { LogRecord } from '../wire/links/log.js';
import type { Telemetry } from '../wire/links/telemetry.js';
import type { ControlFrame } from '../workers/links/control-frame.js';
import { LinkEnd } from '../workers/links/link-end.js';
import { type HostCheck, serveHostChecks } from './host-checks.js';

export type MainListeners = {
  readonly telemetry: (actor: string, message: Telemetry) => void;
  readonly log: (record: LogRecord) => void;
  /** By name: what the host app checks itself. */
  readonly checks: Readonly<Record<string, HostCheck>>;
};

/** Of these links the main thread is side b: the actors speak first. */
const toldByActors: ReadonlySet<LinkKindName> = new Set(['telemetry', 'log', 'host-checks']);

export class MainLinks {
  readonly #listeners: MainListeners;
  readonly #links = new Map<string, LinkEnd>();

  constructor(listeners: MainListeners) {
    this.#listeners = listeners;
  }

  /** A link to an actor that is asked from here. */
  link<K extends LinkKindName>(name: string, kind: K): LinkOf<K, 'a'> {
    const link = this.#link(name, kind);
    if (!isLink(link, kind, 'a')) throw new Error(`of ${kind} the main thread is side ${link.side}`);
    return link;
  }

  /** What the supervisor hands over: a fresh port of a link, which may be a new one. */
  connect(handedOver: unknown): void {
    const { bytes, port, counters } = handedOver as ControlFrame;
    const decoded = toMain.decode(bytes);
    if (decoded.kind !== 'known' || port === null || counters === null) return;
    const { grant } = decoded.message;
    this.#link(grant.name, grant.kind).attach({ ...grant, port, counters }, false);
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
  }

  #link(name: string, kind: LinkKindName): LinkEnd {
    const known = this.#links.get(name);
    if (known !== undefined) return known;
    const link = new LinkEnd({ name, kind, side: toldByActors.has(kind) ? 'b' : 'a' }, () => {});
    this.#links.set(name, link);
    if (isLink(link, 'telemetry', 'b')) {
      const actor = name.slice('telemetry-'.length);
      link.in$.subscribe((message) => this.#listeners.telemetry(actor, message));
    } else if (isLink(link, 'log', 'b')) {
      link.in$.subscribe((record) => this.#listeners.log(record));
    } else if (isLink(link, 'host-checks', 'b')) {
      serveHostChecks(link, this.#listeners.checks);
    }
    return link;
  }
}
