/** Where the gRPC door is, brought to where the configuration says. */
import type { Listen } from '../../../model/config.js';
import type { GrpcDeps, GrpcListener } from '../grpc/index.js';

const same = (a: Listen | null, b: Listen | null): boolean => a?.host === b?.host && a?.port === b?.port;

export class GrpcHost {
  readonly #deps: () => GrpcDeps;
  #listen: Listen | null = null;
  #door: GrpcListener | null = null;

  /** `deps` is asked for when the first door opens. */
  constructor(deps: () => GrpcDeps) {
    this.#deps = deps;
  }

  /** Where it listens in fact; null when it does not. */
  get address(): string | null {
    return this.#door?.address ?? null;
  }

  /** Rejects where the new door cannot open; the old one is open then. */
  async move(wanted: Listen | null): Promise<void> {
    if (same(wanted, this.#listen)) return;
    const before = this.#listen;
    // One set of subscriptions and one port at a time: the old door goes first, and comes back where the new one cannot.
    await this.close();
    try {
      await this.#open(wanted);
    } catch (error) {
      await this.#open(before);
      throw error;
    }
  }

  async close(): Promise<void> {
    const door = this.#door;
    this.#door = null;
    this.#listen = null;
    await door?.close();
  }

  async #open(listen: Listen | null): Promise<void> {
    if (listen === null) return;
    // Loaded only where it is wanted: the library is larger than the rest of the gateway.
    const { startGrpc } = await import('../grpc/index.js');
    this.#door = await startGrpc(listen, this.#deps());
    this.#listen = listen;
  }
}
