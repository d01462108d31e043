/** Whether an address of a service is on this node, as far as our VRRP instances bring it: `checks_when: master`. */
import { configuredAddresses } from '../../machines/vrrp/virtual-addresses.js';
import type { Config, ServiceConfig } from '../../model/config.js';
import { partsOf } from '../../model/dataplane/service-parts.js';
import type { VrrpState } from '../../model/states.js';

export class Mastership {
  readonly #states = new Map<string, VrrpState>();
  /** The instances that bring each address. */
  #instances: ReadonlyMap<string, readonly string[]> = new Map();

  configure({ vrrp }: Config): void {
    const instances = new Map<string, string[]>();
    const names = new Set<string>();
    for (const instance of vrrp.instances) {
      const { name } = instance;
      names.add(name);
      for (const { address } of configuredAddresses(instance))
        instances.set(address, [...(instances.get(address) ?? []), name]);
    }
    this.#instances = instances;
    for (const name of this.#states.keys()) if (!names.has(name)) this.#states.delete(name);
  }

  hear(instance: string, state: VrrpState): void {
    this.#states.set(instance, state);
  }

  /** Its backends are to be probed. */
  isProbed(service: ServiceConfig): boolean {
    if (service.checksWhen === 'always') return true;
    return partsOf(service).some(
      ({ match }) =>
        match.kind === 'address' &&
        this.#instances.get(match.address)?.some((instance) => this.#states.get(instance) === 'master') === true,
    );
  }
}
