/** Gives each new connection of one service its destination: persistence first, then the scheduler. */
import { isOpen, type Scheduler } from '../../machines/balancing/scheduler.js';
import { createScheduler } from '../../machines/balancing/schedulers.js';
import { netOf } from '../../model/dataplane/netmask.js';
import type { DestinationKey, TableDestination, TableService } from '../../model/dataplane/table.js';
import { hostPort } from '../../model/ip-address.js';
import type { Clock } from '../../model/units.js';
import { type ProxyScheduler, proxySchedulers } from '../../wire/ipvs/types.js';
import { Destination, type Traffic } from './destination.js';
import { Persistence } from './persistence.js';
import { MAX_PERSISTENT_CLIENTS } from './proxy-limits.js';

export type Client = { readonly address: string; readonly port: number };

const nothing: ReadonlySet<string> = new Set();

export class Balancer {
  /** Ever, of all destinations that were there. */
  readonly traffic: Traffic = { bytesIn: 0, bytesOut: 0 };
  readonly #now: Clock;
  readonly #destinations = new Map<DestinationKey, Destination>();
  #service: TableService;
  #scheduler: Scheduler<Destination>;
  #persistence: Persistence | null;
  /** The scheduler does not know yet what changed: many changes come at a time, and it need not see each. */
  #stale = false;

  constructor(service: TableService, now: Clock) {
    this.#now = now;
    this.#service = service;
    this.#scheduler = schedulerOf(service);
    this.#persistence = persistenceOf(service);
  }

  get destinations(): ReadonlyMap<DestinationKey, Destination> {
    return this.#destinations;
  }

  configure(service: TableService): void {
    const before = this.#service;
    this.#service = service;
    if (service.scheduler !== before.scheduler || service.schedulerFlags.join() !== before.schedulerFlags.join()) {
      this.#scheduler = schedulerOf(service);
      this.#stale = true;
    }
    const { persistenceNs, persistenceNetmask } = service;
    if (persistenceNs !== before.persistenceNs || persistenceNetmask !== before.persistenceNetmask) {
      this.#persistence = persistenceOf(service);
    }
  }

  has(key: DestinationKey): boolean {
    return this.#destinations.has(key);
  }

  set(facts: TableDestination): void {
    const destination = this.#destinations.get(facts.key);
    if (destination === undefined) this.#destinations.set(facts.key, new Destination(facts, this.traffic));
    else destination.facts = facts;
    this.#stale = true;
  }

  /** What runs to it is ended; what only waits for its answer goes to another one. */
  remove(key: DestinationKey): void {
    const destination = this.#destinations.get(key);
    this.#destinations.delete(key);
    this.#stale = true;
    destination?.leaveAll();
  }

  /** `tried` are the keys that failed for this very connection. */
  pick(client: Client, tried: ReadonlySet<string> = nothing): Destination | null {
    const { persistenceNs, persistenceNetmask } = this.#service;
    if (this.#persistence === null || persistenceNs === null) return this.#ask(client, tried);
    const now = this.#now();
    const who = persistenceNetmask === undefined ? client.address : netOf(client.address, persistenceNetmask);
    const known = this.#persistence.find(who, now);
    const remembered = known === null ? undefined : this.#destinations.get(known);
    const destination =
      remembered !== undefined && isOpen(remembered, { client: client.address, tried })
        ? remembered
        : this.#ask(client, tried);
    if (destination !== null) this.#persistence.remember(who, destination.key, now + persistenceNs);
    return destination;
  }

  prune(): void {
    this.#persistence?.prune(this.#now());
  }

  #ask({ address, port }: Client, tried: ReadonlySet<string>): Destination | null {
    if (this.#stale) {
      this.#scheduler.update([...this.#destinations.values()]);
      this.#stale = false;
    }
    const withPort = this.#service.schedulerFlags.some((flag) => flag === 'sh-port' || flag === 'mh-port');
    return this.#scheduler.pick({ client: withPort ? hostPort(address, port) : address, tried });
  }
}

function schedulerOf(service: TableService): Scheduler<Destination> {
  const isName = (name: string): name is ProxyScheduler => proxySchedulers.some((known) => known === name);
  // The driver has refused any other name; what comes over a link is looked at again all the same.
  if (!isName(service.scheduler)) throw new Error(`no scheduler ${service.scheduler}`);
  return createScheduler(service.scheduler, service.schedulerFlags);
}

const persistenceOf = (service: TableService): Persistence | null =>
  service.persistenceNs === null ? null : new Persistence(MAX_PERSISTENT_CLIENTS);
