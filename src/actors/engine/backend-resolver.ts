import { isIP } from 'node:net';
import { NameCache } from '../../checks/probing/resolve.js';
import type { ActorContext } from '../../workers/actor.js';

/** How often names in use are asked for; the cache answers from memory until a record's TTL is nearly over. */
const REFRESH_MS = 1000;

/** Addresses of backends that are configured by DNS name, kept current in the background. */
export class BackendResolver {
  readonly #cache = new NameCache();
  readonly #context: ActorContext;
  readonly #remembered: ReadonlyMap<string, string>;
  readonly #onChange: () => void;
  readonly #addresses = new Map<string, string | null>();
  readonly #timer: NodeJS.Timeout;

  /** `remembered`: the addresses that names had in the engine's last life, which they keep until they are resolved. */
  constructor(context: ActorContext, remembered: ReadonlyMap<string, string>, onChange: () => void) {
    this.#context = context;
    this.#remembered = remembered;
    this.#onChange = onChange;
    this.#timer = setInterval(() => this.#refreshAll(), REFRESH_MS);
  }

  /** An IP literal as it is; a name's address, or null while none is known. From its first use on, a name is kept current. */
  addressOf(host: string): string | null {
    if (isIP(host) !== 0) return host;
    const known = this.#addresses.get(host);
    if (known !== undefined) return known;
    const address = this.#remembered.get(host) ?? null;
    this.#addresses.set(host, address);
    void this.#refresh(host);
    return address;
  }

  /** Every name that has an address. */
  get known(): ReadonlyMap<string, string> {
    const known = new Map<string, string>();
    for (const [host, address] of this.#addresses) if (address !== null) known.set(host, address);
    return known;
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
