/** The main thread's ends of links: who may be asked from there, and what it is told. */

import type { CallsKind } from '../wire/links/calls.js';
import { toMain } from '../wire/links/control.js';
import { hostChecksLink } from '../wire/links/host-checks.js';
import type { LinkOf } from '../wire/links/link-kind.js';
import { type LogRecord, logLink } from '../wire/links/log.js';
import { observationLink, type Telemetry } from '../wire/links/telemetry.js';
import type { ControlFrame } from '../workers/links/control-frame.js';
import { LinkEnd } from '../workers/links/link-end.js';
import { LinkEnds } from '../workers/links/link-ends.js';
import { type HostCheck, serveHostChecks } from './host-checks.js';

export type MainListeners = {
  readonly telemetry: (actor: string, message: Telemetry) => void;
  readonly log: (record: LogRecord) => void;
  /** By name: what the host app checks itself. */
  readonly checks: Readonly<Record<string, HostCheck>>;
};

export class MainLinks {
  readonly #links = new LinkEnds((kind, link) => new LinkEnd(kind, link, () => {}));

  constructor({ telemetry, log, checks }: MainListeners) {
    this.#links.all(observationLink, 'b').subscribe(({ peer, in$ }) => in$.subscribe((told) => telemetry(peer, told)));
    this.#links.all(logLink, 'b').subscribe(({ in$ }) => in$.subscribe(log));
    this.#links.all(hostChecksLink, 'b').subscribe((link) => serveHostChecks(link, checks));
  }

  /** A link to an actor that is asked from here, whether it runs or not. */
  link<K extends CallsKind>(calls: K): LinkOf<K, 'a'> {
    return this.#links.end(calls, 'a', calls.of);
  }

  /** What the supervisor hands over: a fresh port of a link, which may be a new one. */
  connect(handedOver: unknown): void {
    const { bytes, port, counters } = handedOver as ControlFrame;
    const decoded = toMain.decode(bytes);
    if (decoded.kind !== 'known' || port === null || counters === null) return;
    this.#links.connect({ ...decoded.message.grant, port, counters });
  }

  close(): void {
    this.#links.close();
  }
}
