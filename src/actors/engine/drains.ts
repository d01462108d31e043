/** Backends that take no new connections and finish the ones they have: for as long as there are any, within their service's limit. */
import { NS_PER_MS, NS_PER_S } from '../../wire/units.js';
import type { Backend } from './service.js';

type Running = { readonly timer: NodeJS.Timeout; readonly sinceMs: number; readonly limitNs: number };

export class Drains {
  readonly #finished: (backend: Backend) => void;
  readonly #running = new Map<Backend, Running>();

  constructor(finished: (backend: Backend) => void) {
    this.#finished = finished;
  }

  start(backend: Backend): void {
    backend.override = { kind: 'draining' };
    this.#await(backend, performance.now());
  }

  /** The service may have another limit now: what runs has its rest of that. */
  adjust(backend: Backend): void {
    const running = this.#running.get(backend);
    if (running === undefined || running.limitNs === backend.service.config.drainTimeoutNs) return;
    clearTimeout(running.timer);
    this.#await(backend, running.sinceMs);
  }

  /** So many connections are left. */
  count(backend: Backend, active: number): void {
    if (backend.override.kind !== 'draining') return;
    backend.connections = active;
    if (active === 0) this.#finish(backend, 'drained: no connections were left');
  }

  /** Drained or not, it is over. */
  end(backend: Backend): void {
    clearTimeout(this.#running.get(backend)?.timer);
    this.#running.delete(backend);
    backend.connections = null;
  }

  #await(backend: Backend, sinceMs: number): void {
    const limitNs = backend.service.config.drainTimeoutNs;
    const leftMs = Math.max(0, sinceMs + limitNs / NS_PER_MS - performance.now());
    const timer = setTimeout(() => {
      const connections = backend.connections === null ? '' : ` with ${backend.connections} connections left`;
      this.#finish(backend, `drained: the time limit of ${limitNs / NS_PER_S} s was reached${connections}`);
    }, leftMs);
    this.#running.set(backend, { timer, sinceMs, limitNs });
  }

  #finish(backend: Backend, why: string): void {
    this.end(backend);
    backend.override = { kind: 'disabled', why };
    this.#finished(backend);
  }
}
