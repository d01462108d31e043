/** The desired table as it is told, service by service, in the shape that the driver will hold. */

import type { Acceptance } from '../../dataplane/driver.js';
import type { DesiredService } from '../../model/dataplane/desired-service.js';
import {
  destinationKey,
  type Entry,
  entryWith,
  MOVED_PREFIX,
  type ServiceKey,
  type Table,
  type TableDestination,
  type TableService,
  tableDestination,
  tableService,
} from '../../model/dataplane/table.js';
import { addressBytes } from '../../model/ip-address.js';
import type { TargetKey } from '../../model/states.js';
import { spliced } from '../../wire/links/destination-splice.js';
import type { DestinationSplice, ServiceNews } from '../../wire/links/tables.js';
import { withoutFallen } from './fallen/without-fallen.js';

type Wanted = {
  readonly desired: DesiredService;
  /** What the table would have of it, and of each destination. */
  readonly service: TableService;
  readonly held: readonly TableDestination[];
};

export type Draining = {
  readonly service: string;
  readonly backend: string;
  readonly key: ServiceKey;
  readonly destination: ReturnType<typeof destinationKey>;
  readonly protocol: DesiredService['match']['protocol'];
};

/** Why a service cannot be held as it is told; `reason` null = it can. */
export type Problem = { readonly service: string; readonly reason: string | null };

const isWithin = (length: number, at: number, count: number): boolean =>
  Number.isInteger(at) && Number.isInteger(count) && at >= 0 && count >= 0 && at + count <= length;

const isStandIn = (name: string): boolean => name.startsWith(MOVED_PREFIX);

export class DesiredTable {
  readonly #accept: (entry: Entry) => Acceptance;
  readonly #problem: (problem: Problem) => void;
  readonly #byName = new Map<string, Wanted>();
  /** Names that want one key; the last one has it. More than one only while a reload renames a service, or by mistake. */
  readonly #claims = new Map<ServiceKey, string[]>();
  readonly #entries = new Map<ServiceKey, Entry>();
  /** What was told since the engine (re)connected, whether it can be held or not. */
  readonly #told = new Map<string, DesiredService>();
  readonly #draining = new Map<string, readonly Draining[]>();
  /** The engine has not said what follows from it. */
  #fallen: ReadonlySet<TargetKey> = new Set();
  #complete = false;

  constructor(accept: (entry: Entry) => Acceptance, problem: (problem: Problem) => void) {
    this.#accept = accept;
    this.#problem = (told) => {
      if (!isStandIn(told.service)) problem(told);
    };
  }

  get entries(): Table {
    return this.#entries;
  }

  /** Every service of the configuration has been told: what is not here is not wanted. */
  get complete(): boolean {
    return this.#complete;
  }

  get draining(): readonly Draining[] {
    return this.#draining.size === 0 ? [] : [...this.#draining.values()].flat();
  }

  get services(): readonly DesiredService[] {
    return Array.from(this.#byName.values(), (told) => told.desired);
  }

  /** Takes over all of another table, and what of it the engine has told so far. Answers with the keys to look at. */
  inherit(from: DesiredTable): readonly ServiceKey[] {
    this.#fallen = from.#fallen;
    const keys = from.services.flatMap((service) => this.tell(service.name, service));
    this.#told.clear();
    for (const [name, desired] of from.#told) this.#told.set(name, desired);
    return keys;
  }

  /** The engine is new: it will tell everything again. Until it has, what it told before stands. */
  restart(): void {
    this.#complete = false;
    this.#told.clear();
  }

  /** Answers with the keys whose entry may have changed. */
  tell(name: string, desired: DesiredService | null): readonly ServiceKey[] {
    if (desired === null) {
      this.#told.delete(name);
      return this.#forget(name);
    }
    this.#told.set(name, desired);
    return this.#hold(name, desired);
  }

  /** From now on nothing relies on one of these targets, whatever the engine said. Answers with the keys to look at. */
  withhold(fallen: ReadonlySet<TargetKey>): readonly ServiceKey[] {
    this.#fallen = fallen;
    return [...this.#byName].flatMap(([name, { desired }]) => {
      const told = this.#told.get(name) ?? desired;
      return withoutFallen(told, fallen) === desired ? [] : this.#hold(name, told);
    });
  }

  #hold(name: string, told: DesiredService): readonly ServiceKey[] {
    const desired = withoutFallen(told, this.#fallen);
    const { match, destinations } = desired;
    const addresses = match.kind === 'address' ? [...destinations, match] : destinations;
    return this.#take(name, desired, addresses, () => ({
      desired,
      service: tableService(desired),
      held: destinations.map(tableDestination),
    }));
  }

  /** What the engine says, by which its next splice goes. Throws where it speaks of destinations that it did not tell of. */
  hear(message: ServiceNews): readonly ServiceKey[] {
    return message.kind === 'service' ? this.tell(message.name, message.service) : this.#splice(message);
  }

  #splice({ name, at, count, destinations }: DestinationSplice): readonly ServiceKey[] {
    const base = this.#told.get(name);
    if (base === undefined || !isWithin(base.destinations.length, at, count)) {
      throw new Error(`destinations ${at} to ${at + count} of ${name} were never told`);
    }
    const desired = { ...base, destinations: spliced(base.destinations, at, count, destinations) };
    const before = this.#byName.get(name);
    if (before?.desired !== base || this.#fallen.size > 0) return this.tell(name, desired);
    this.#told.set(name, desired);
    return this.#take(name, desired, destinations, () => ({
      desired,
      service: before.service,
      held: spliced(before.held, at, count, destinations.map(tableDestination)),
    }));
  }

  /** `fresh`: what was not looked at before. */
  #take(
    name: string,
    desired: DesiredService,
    fresh: readonly { readonly address: string }[],
    make: () => Wanted,
  ): readonly ServiceKey[] {
    const wrong = fresh.find(({ address }) => addressBytes(address) === null);
    if (wrong !== undefined) {
      this.#problem({ service: name, reason: `${wrong.address} is no IP address` });
      return [];
    }
    const wanted = make();
    const { key } = wanted.service;
    const before = this.#byName.get(name);
    const released = before === undefined || before.service.key === key ? [] : this.#forget(name);
    this.#byName.set(name, wanted);
    this.#tellDraining(name, desired, key);
    this.#claim(name, key);
    this.#enter(key);
    return [...released, key];
  }

  /** Forgets what was not told again. Answers with the keys to look at. */
  completed(): readonly ServiceKey[] {
    this.#complete = true;
    return [...this.#byName.keys()].filter((name) => !this.#told.has(name)).flatMap((name) => this.#forget(name));
  }

  #claim(name: string, key: ServiceKey): void {
    const claims = this.#claims.get(key);
    if (claims === undefined) {
      this.#claims.set(key, [name]);
    } else if (!claims.includes(name)) {
      claims.push(name);
    }
  }

  #forget(name: string): readonly ServiceKey[] {
    const told = this.#byName.get(name);
    if (told === undefined) return [];
    this.#byName.delete(name);
    this.#draining.delete(name);
    const { key } = told.service;
    const claims = (this.#claims.get(key) ?? []).filter((claim) => claim !== name);
    if (claims.length === 0) {
      this.#claims.delete(key);
      this.#entries.delete(key);
    } else {
      this.#claims.set(key, claims);
      this.#enter(key);
    }
    return [key];
  }

  #enter(key: ServiceKey): void {
    const claims = this.#claims.get(key) ?? [];
    const name = claims.at(-1);
    const told = name === undefined ? undefined : this.#byName.get(name);
    if (told === undefined) return;
    const others = claims.slice(0, -1).filter((claim) => !isStandIn(claim));
    const entry = entryWith(told.desired, told.service, told.held);
    const accepted = this.#accept(entry);
    if (accepted.kind === 'accepted') {
      this.#entries.set(key, accepted.entry);
      this.#problem({
        service: told.desired.name,
        reason: others.length === 0 ? null : `${key} is also wanted by ${others.join(', ')}`,
      });
      return;
    }
    this.#problem({ service: told.desired.name, reason: accepted.reason });
    // What runs goes on with its old parameters, but never with a dead backend.
    const before = this.#entries.get(key);
    const kept = before === undefined ? null : this.#accept({ ...entry, service: before.service });
    if (kept?.kind === 'accepted') this.#entries.set(key, kept.entry);
    else this.#entries.delete(key);
  }

  #tellDraining(name: string, desired: DesiredService, key: ServiceKey): void {
    const draining = desired.destinations
      .filter((destination) => destination.draining)
      .map(({ backend, address, port }) => ({
        service: name,
        backend,
        key,
        destination: destinationKey(address, port),
        protocol: desired.match.protocol,
      }));
    if (draining.length === 0) this.#draining.delete(name);
    else this.#draining.set(name, draining);
  }
}
