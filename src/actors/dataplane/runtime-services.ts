/**
 * Services that live beside the configuration: made over gRPC, untouched by a reload, and remembered in the state
 * directory. What they want goes into the same desired table, under names of their own.
 */

import type { DesiredDestination, DesiredService } from '../../model/dataplane/desired-service.js';
import { destinationKey, type ServiceKey, serviceKey } from '../../model/dataplane/table.js';
import { CommandError } from '../../model/errors.js';
import { hostPort } from '../../model/ip-address.js';
import type { Log } from '../../model/observing/log.js';
import type { RuntimeDestination, RuntimeEdit, RuntimeService } from './calls.js';
import { openStateFile, type StateFile } from './reconcile/state-file.js';

/** The key that follows has a space, as no name of a configuration can. */
const NAME_PREFIX = 'runtime:';
/** As many as a large configuration has; each is a line in the state file. */
const MAX_SERVICES = 10_000;
const MAX_DESTINATIONS = 10_000;

const WITHOUT = 'there are none now: make them again';

type Remembered = RuntimeService & { readonly destinations: readonly RuntimeDestination[] };
type File = { version: 1; services: Remembered[] };
const schema = async () => (await import('./reconcile/state-schemas.js')).runtimeServicesFile;

/** One service after an edit: `service` null = it is gone. `undo` takes the edit back. */
export type Edited = {
  readonly name: string;
  readonly key: ServiceKey;
  readonly service: DesiredService | null;
  readonly undo: () => DesiredService | null;
};

export class RuntimeServices {
  readonly #file: Pick<StateFile<File>, 'save' | 'written'>;
  readonly #services: Map<ServiceKey, Remembered>;
  /** The last of the edits that are under way, of each service. */
  readonly #turns = new Map<ServiceKey, Promise<unknown>>();

  constructor(file: Pick<StateFile<File>, 'initial' | 'save' | 'written'>) {
    this.#file = file;
    this.#services = new Map((file.initial?.services ?? []).map((service) => [serviceKey(service.match), service]));
  }

  static async open(path: string, log: Log): Promise<RuntimeServices> {
    return new RuntimeServices(await openStateFile<File>(path, schema, log, 'the services made at run time', WITHOUT));
  }

  has(key: ServiceKey): boolean {
    return this.#services.has(key);
  }

  get all(): readonly DesiredService[] {
    return Array.from(this.#services, ([key, service]) => desiredOf(key, service));
  }

  /**
   * Edits of one service are carried out one after the other: what the driver refuses is taken back, and would take a later
   * edit with it.
   */
  inTurn<T>(key: ServiceKey, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(work);
    const ended = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(key) === ended) this.#turns.delete(key);
      });
    this.#turns.set(key, ended);
    return turn;
  }

  /** Throws CommandError where the service (or destination) is there already, or is not there. */
  edit(edit: RuntimeEdit): Edited {
    const key = keyOf(edit);
    const before = this.#services.get(key) ?? null;
    const after = edited(edit, key, before, this.#services.size);
    this.#set(key, after);
    return {
      name: NAME_PREFIX + key,
      key,
      service: after === null ? null : desiredOf(key, after),
      undo: () => {
        this.#set(key, before);
        return before === null ? null : desiredOf(key, before);
      },
    };
  }

  written(): Promise<void> {
    return this.#file.written();
  }

  #set(key: ServiceKey, service: Remembered | null): void {
    if (service === null) this.#services.delete(key);
    else this.#services.set(key, service);
    this.#file.save(() => ({ version: 1, services: [...this.#services.values()] }));
  }
}

/** The service that an edit concerns. */
export const keyOf = (edit: RuntimeEdit): ServiceKey => serviceKey('service' in edit ? edit.service.match : edit.match);

function edited(edit: RuntimeEdit, key: ServiceKey, before: Remembered | null, count: number): Remembered | null {
  if (edit.edit === 'add-service') {
    if (before !== null) throw new CommandError('ERR_EXISTS', `service ${key} is there already`);
    if (count >= MAX_SERVICES) throw new CommandError('ERR_UNAVAILABLE', `${MAX_SERVICES} services are there already`);
    return { ...edit.service, destinations: [] };
  }
  if (before === null) throw new CommandError('ERR_NOT_FOUND', `there is no service ${key} made at run time`);
  switch (edit.edit) {
    case 'update-service':
      return { ...edit.service, destinations: before.destinations };
    case 'delete-service':
      return null;
    case 'add-destination':
      return withDestination(before, key, edit.destination, false);
    case 'update-destination':
      return withDestination(before, key, edit.destination, true);
    case 'delete-destination':
      return withoutDestination(before, key, edit);
    default:
      return edit satisfies never;
  }
}

const sameKey = (a: { address: string; port: number }, b: { address: string; port: number }): boolean =>
  destinationKey(a.address, a.port) === destinationKey(b.address, b.port);

function withDestination(
  service: Remembered,
  key: ServiceKey,
  destination: RuntimeDestination,
  isThere: boolean,
): Remembered {
  const { destinations } = service;
  const at = destinations.findIndex((one) => sameKey(one, destination));
  const where = `destination ${hostPort(destination.address, destination.port)} of service ${key}`;
  if (isThere && at < 0) throw new CommandError('ERR_NOT_FOUND', `there is no ${where}`);
  if (!isThere && at >= 0) throw new CommandError('ERR_EXISTS', `${where} is there already`);
  if (!isThere && destinations.length >= MAX_DESTINATIONS) {
    throw new CommandError('ERR_UNAVAILABLE', `service ${key} has ${MAX_DESTINATIONS} destinations already`);
  }
  return { ...service, destinations: at < 0 ? [...destinations, destination] : destinations.with(at, destination) };
}

function withoutDestination(
  service: Remembered,
  key: ServiceKey,
  gone: { readonly address: string; readonly port: number },
): Remembered {
  const destinations = service.destinations.filter((one) => !sameKey(one, gone));
  if (destinations.length < service.destinations.length) return { ...service, destinations };
  throw new CommandError(
    'ERR_NOT_FOUND',
    `there is no destination ${hostPort(gone.address, gone.port)} of service ${key}`,
  );
}

const desiredOf = (key: ServiceKey, service: Remembered): DesiredService => ({
  ...service,
  name: NAME_PREFIX + key,
  destinations: service.destinations.map(
    (one): DesiredDestination => ({ ...one, backend: hostPort(one.address, one.port), draining: false }),
  ),
});
