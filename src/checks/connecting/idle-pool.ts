/** Connections kept between probes, by what they are connected to. */
import type { TlsOptions } from '../../model/config.js';
import type { ProbeSpec } from '../../model/probe.js';
import { msFromNs, ns } from '../../model/units.js';

/** More than one is idle for a key only where several checks probe one target. */
const MAX_IDLE_PER_KEY = 4;
/** How often connections are looked at that nobody came back for. */
export const SWEEP_MS = 5000;

type Idle<T> = { readonly connection: T; readonly expiresMs: number };

export class IdlePool<T> {
  readonly #destroy: (connection: T) => void;
  readonly #idle = new Map<string, Idle<T>[]>();
  #sweeper: NodeJS.Timeout | null = null;

  constructor(destroy: (connection: T) => void) {
    this.#destroy = destroy;
  }

  /** The connection that was put back last. It belongs to the caller now. */
  take(key: string): T | undefined {
    const stack = this.#idle.get(key);
    const idle = stack?.pop();
    if (stack?.length === 0) this.#idle.delete(key);
    return idle?.connection;
  }

  /** `keepMs`: how long to wait for the next probe. */
  put(key: string, connection: T, keepMs: number): void {
    const stack = this.#idle.get(key) ?? [];
    if (stack.length >= MAX_IDLE_PER_KEY) {
      this.#destroy(connection);
      return;
    }
    stack.push({ connection, expiresMs: performance.now() + keepMs });
    this.#idle.set(key, stack);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** The peer has closed an idle connection. */
  drop(key: string, connection: T): void {
    const stack = this.#idle.get(key);
    if (stack === undefined) return;
    const rest = stack.filter((idle) => idle.connection !== connection);
    if (rest.length === 0) this.#idle.delete(key);
    else this.#idle.set(key, rest);
  }

  close(): void {
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#sweeper = null;
    const all = [...this.#idle.values()].flat();
    this.#idle.clear();
    for (const { connection } of all) this.#destroy(connection);
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const [key, stack] of [...this.#idle]) {
      for (const { connection, expiresMs } of stack) {
        if (expiresMs > nowMs) continue;
        this.drop(key, connection);
        this.#destroy(connection);
      }
    }
    if (this.#idle.size > 0 || this.#sweeper === null) return;
    clearInterval(this.#sweeper);
    this.#sweeper = null;
  }
}

/** Equal for specs whose probes may share a connection. */
export function connectionKey(spec: ProbeSpec, tls: TlsOptions | null, names: readonly string[]): string {
  const secure =
    tls === null ? '' : [tls.tlsVerify, tls.serverName, tls.caFile, tls.certFile, tls.keyFile, ...names].join(' ');
  return `${spec.host} ${spec.port} ${spec.mark} ${spec.check.source} ${secure}`;
}

/** Idle connections outlive two intervals: a probe may be late. */
export const keepMsOf = ({ check }: ProbeSpec): number => 2 * msFromNs(check.intervalNs) + msFromNs(check.timeoutNs);

/** The same for what has to last until the next probe however far the target's back-off puts it off. */
export const keepMsThroughBackoff = (spec: ProbeSpec): number =>
  keepMsOf(spec) + msFromNs(spec.check.backoff?.maxNs ?? ns(0));
