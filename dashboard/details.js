// What is not pushed but asked for: services with their checks, for those that are open in the page.

const PERIOD_MS = 2000;
/** A large service is asked for less often. */
const LARGE = 200;
const LARGE_PERIOD_MS = 5000;

export class Details {
  #services = new Map();
  #backends = new Map();
  #dueMs = new Map();
  #open;
  #onDetails;
  #running = false;

  /** `open()`: names of services to ask for; `onDetails(name)`: newer ones are here. */
  constructor(open, onDetails) {
    this.#open = open;
    this.#onDetails = onDetails;
    setInterval(() => this.wake(), 500);
    document.addEventListener('visibilitychange', () => this.wake());
  }

  service(name) {
    return this.#services.get(name) ?? null;
  }

  /** `key`: as in the pushed state. */
  backend(service, key) {
    return this.#backends.get(service)?.get(key) ?? null;
  }

  /** Asks for what is due, one after the other. */
  async wake() {
    if (this.#running || document.hidden) return;
    this.#running = true;
    try {
      for (const name of this.#open()) {
        const nowMs = performance.now();
        if (nowMs >= (this.#dueMs.get(name) ?? 0)) await this.#ask(name, nowMs);
      }
    } finally {
      this.#running = false;
    }
  }

  async #ask(name, nowMs) {
    // Also after a failure: the connection's own state is shown elsewhere.
    this.#dueMs.set(name, nowMs + PERIOD_MS);
    try {
      const response = await fetch(`/api/v1/services/${encodeURIComponent(name)}`);
      if (!response.ok) return;
      const service = await response.json();
      this.#services.set(name, service);
      this.#backends.set(name, new Map(service.backends.map((each) => [`backend/${name}/${each.name}`, each])));
      if (service.backends.length > LARGE) this.#dueMs.set(name, nowMs + LARGE_PERIOD_MS);
      this.#onDetails(name);
    } catch {
      // Offline: the next turn asks again.
    }
  }
}
