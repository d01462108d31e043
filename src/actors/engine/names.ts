import { isIP } from 'node:net';
import { NameCache } from '../../checks/resolve.js';
import type { ActorContext } from '../../workers/actor.js';

/** How often names in use are asked for; the cache answers from memory until a record's TTL is nearly over. */
const REFRESH_MS = 1000;

/** Addresses of backends that are configured by DNS name, kept current in the background. */
export class Names {
  readonly #cache = new NameCache();
  readonly #context: ActorContext;
  readonly #onChange: () => void;
  readonly #addresses = new Map<string, string | null>();
  readonly #timer: NodeJS.Timeout;

  constructor(context: ActorContext, onChange: () => void) {
    this.#context = context;
    this.#onChange = onChange;
    this.#timer = setInterval(() => this.#refreshAll(), REFRESH_MS);
  }

  /** An IP literal as it is; a name's address, or null while it has none. From its first use on, a name is kept current. */
  addressOf(host: string): string | null {
    if (isIP(host) !== 0) return host;
    const known = this.#addresses.get(host);
    if (known !== undefined) return known;
    this.#addresses.set(host, null);
    void this.#refresh(host);
    return null;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #refreshAll(): void {
    for (const host of this.#addresses.keys()) void this.#refresh(host);
  }

  async #refresh(host: string): Promise<void> {
    try {
      const address = await this.#cache.resolve(host);
      if (this.#addresses.get(host) === address) return;
      this.#addresses.set(host, address);
      this.#context.log.info({ host, address }, 'backend name resolved');
      this.#onChange();
    } catch (error) {
      // The last good address stays; a name that never had one shows as such in the backend's why.
      this.#context.log.debug({ host, error: String(error) }, 'backend name not resolved');
    }
  }
}
