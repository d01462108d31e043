import type { DesiredService, ToDataplane } from '../../wire/table-link.js';

/** Tells the data plane each service's desired state, and only what differs from what it was told last. */
export class TableWriter {
  readonly #send: (message: ToDataplane) => void;
  /** By service, the text form of what was told. */
  readonly #told = new Map<string, string>();

  constructor(send: (message: ToDataplane) => void) {
    this.#send = send;
  }

  tell(service: DesiredService): void {
    const text = JSON.stringify(service);
    if (this.#told.get(service.name) === text) return;
    this.#told.set(service.name, text);
    this.#send({ kind: 'service', name: service.name, service });
  }

  remove(name: string): void {
    if (this.#told.delete(name)) this.#send({ kind: 'service', name, service: null });
  }

  /** To a data plane that is new and knows nothing. */
  tellAll(services: Iterable<DesiredService>): void {
    this.#told.clear();
    for (const service of services) this.tell(service);
    this.#send({ kind: 'complete' });
  }
}
