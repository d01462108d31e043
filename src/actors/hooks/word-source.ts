import type { Config, ServiceConfig } from '../../model/config.js';
import type { StateItem } from '../../model/observing/state-item.js';
import type { Surroundings } from '../../wire/hooks/keepalived-words.js';

/** What keepalived's words need beside the event. */
export class WordSource implements Surroundings {
  readonly #priorities = new Map<string, number>();
  #services: ReadonlyMap<string, ServiceConfig> = new Map();

  constructor(config: Config) {
    this.configure(config);
  }

  configure({ services, vrrp }: Config): void {
    this.#services = new Map(services.map((service) => [service.name, service]));
    for (const { name, priority } of vrrp.instances) this.#priorities.set(name, priority);
  }

  hear(item: StateItem): void {
    if (item.type === 'vrrp') this.#priorities.set(item.view.name, item.view.effective_priority);
  }

  readonly priorityOf = (instance: string): number => this.#priorities.get(instance) ?? 0;
  readonly serviceOf = (service: string): ServiceConfig['match'] | undefined => this.#services.get(service)?.match;
  readonly backendOf = (
    service: string,
    name: string,
  ): { readonly address: string; readonly port: number } | undefined =>
    this.#services.get(service)?.backends.find((backend) => backend.name === name);
}
