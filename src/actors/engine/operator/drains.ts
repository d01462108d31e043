/** Backends that take no new connections and finish the ones they have: for as long as there are any, within their service's limit. */

import { type ForMaintenance, isForMaintenance } from '../../../machines/health/backend-state.js';
import { NS_PER_MS, NS_PER_S } from '../../../model/units.js';
import type { Backend } from '../service/service.js';

type Running = {
  readonly timer: NodeJS.Timeout;
  readonly sinceMs: number;
  readonly limitNs: number;
  /** Connections that are left, by the part of the service. */
  readonly left: Map<string, number>;
};

export type DrainListener = {
  /** Connections were counted. */
  readonly counted: (backend: Backend) => void;
  readonly finished: (backend: Backend) => void;
};

export class Drains {
  readonly #listener: DrainListener;
  readonly #running = new Map<Backend, Running>();

  constructor(listener: DrainListener) {
    this.#listener = listener;
  }

  start(backend: Backend, whose: ForMaintenance = {}): void {
    if (this.#isOut(backend)) {
      backend.override = { kind: 'drained', cut: 0, why: `${drainedBy(whose)}: it took no traffic`, ...whose };
      return;
    }
    this.resume(backend, whose);
  }

  /** A drain that began in the life before this one has its whole limit again. */
  resume(backend: Backend, whose: ForMaintenance = {}): void {
    this.#await(backend, performance.now(), null, new Map(), whose);
  }

  /** After a reload, or an operator's word about the service: the limit may be another one, or all of it disabled. */
  adjust(backend: Backend): void {
    const { override, service } = backend;
    const running = this.#running.get(backend);
    if (running === undefined || override.kind !== 'draining') return;
    if (!service.enabled || !backend.config.enabled) {
      this.#finish(backend, override.left, `when ${service.enabled ? 'it' : 'its service'} was disabled`);
    } else if (running.limitNs !== service.config.drainTimeoutNs) {
      clearTimeout(running.timer);
      this.#await(backend, running.sinceMs, override.left, running.left, whoseOf(override));
    }
  }

  /** So many connections are left in this part of its service. */
  count(backend: Backend, inPart: number, part: string): void {
    const { override, service } = backend;
    const counts = this.#running.get(backend)?.left;
    if (override.kind !== 'draining' || counts === undefined) return;
    counts.set(part, inPart);
    let left = 0;
    for (const { name } of service.parts) {
      const count = counts.get(name);
      // Some are not counted yet.
      if (count === undefined) return;
      left += count;
    }
    backend.override = { ...override, left };
    if (left > 0) {
      this.#listener.counted(backend);
    } else {
      this.#finish(backend, 0, '');
      this.#listener.finished(backend);
    }
  }

  /** Drained or not, it is over. */
  end(backend: Backend): void {
    clearTimeout(this.#running.get(backend)?.timer);
    this.#running.delete(backend);
  }

  /** What is disabled has left the table already, and an address that is not known never was in it. */
  #isOut({ config, override, service, address }: Backend): boolean {
    return override.kind === 'disabled' || !config.enabled || !service.enabled || address === null;
  }

  #await(
    backend: Backend,
    sinceMs: number,
    left: number | null,
    counts: Map<string, number>,
    whose: ForMaintenance,
  ): void {
    const limitNs = backend.service.config.drainTimeoutNs;
    const untilMs = sinceMs + limitNs / NS_PER_MS;
    const timer = setTimeout(
      () => {
        const { override } = backend;
        if (override.kind !== 'draining') return;
        this.#finish(backend, override.left, `at the limit of ${limitNs / NS_PER_S} s`);
        this.#listener.finished(backend);
      },
      Math.max(0, untilMs - performance.now()),
    );
    this.#running.set(backend, { timer, sinceMs, limitNs, left: counts });
    backend.override = { kind: 'draining', left, untilMs, ...whose };
  }

  #finish(backend: Backend, cut: number | null, when: string): void {
    this.end(backend);
    const whose = whoseOf(backend.override);
    backend.override = { kind: 'drained', cut, why: `${drainedBy(whose)}: ${cutWords(cut, when)}`, ...whose };
  }
}

export const FOR_MAINTENANCE: ForMaintenance = { maintenance: true };

const whoseOf = (override: Backend['override']): ForMaintenance => (isForMaintenance(override) ? FOR_MAINTENANCE : {});

const drainedBy = ({ maintenance }: ForMaintenance): string =>
  maintenance === true ? 'drained for maintenance' : 'drained by an operator';

function cutWords(cut: number | null, when: string): string {
  if (cut === 0) return 'no connections were left';
  if (cut === null) return `its connections, which nobody had counted, were cut ${when}`;
  return `${cut} ${cut === 1 ? 'connection was' : 'connections were'} cut ${when}`;
}
