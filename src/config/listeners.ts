/** What this process listens on must not collide. */
import { z } from 'zod';
import { driverNamed } from '../dataplane/drivers.js';
import type { Listen } from '../model/config.js';
import { spellingOf } from '../schema/mapping.js';
import { pathText, type Report, type Steps, type Subject } from '../schema/report.js';
import { fieldsOf, unwrap } from '../schema/walk.js';
import { type PlacedService, placesOf } from './sections/services/places.js';

/** `sun_path` of unix(7) has 108 bytes with the closing zero. */
const MAX_SOCKET_PATH = 107;

type ListenerSubject = Subject<{
  readonly dataplane?: { readonly driver?: string | undefined } | undefined;
  readonly services?: readonly (RelayedService | undefined)[] | undefined;
}>;
type RelayedService = PlacedService & { readonly protocol?: string | undefined };

export const listenerRules = (schema: z.core.$ZodType, subject: ListenerSubject, report: Report): void => {
  const taken = new Taken();
  const sockets = new Map<string, string>();
  for (const { place, value, path } of placesIn(schema, subject.document, [])) {
    const name = pathText(path);
    if (place === 'listener') {
      const listen = value as Partial<Listen>;
      complain({ listen, path }, taken, report);
      taken.add(listen, name);
    } else {
      socketRules(subject.resolve(String(value)), path, sockets, report);
    }
  }
  // Services among themselves are compared with the services.
  for (const service of relayListeners(subject)) complain(service, taken, report);
};

type Place = { readonly place: 'listener' | 'socket'; readonly value: unknown; readonly path: Steps };

/** What is listened on by an option of a section, or by a list of such. */
function* placesIn(schema: z.core.$ZodType, value: unknown, path: Steps): Generator<Place> {
  if (value === null || value === undefined) return;
  const { place } = spellingOf(schema);
  if (place === 'listener' || place === 'socket') yield { place, value, path };
  const inner = unwrap(schema);
  for (const [key, field] of Object.entries(fieldsOf(inner) ?? {})) {
    yield* placesIn(field, Reflect.get(Object(value), key), [...path, key]);
  }
  // A list of maps is no list of listeners: that of the services may be very long.
  if (!(inner instanceof z.ZodArray) || !Array.isArray(value) || fieldsOf(inner.element) !== null) return;
  for (const [index, item] of value.entries()) yield* placesIn(inner.element, item, [...path, index]);
}

const complain = (
  { listen, path }: { readonly listen: Partial<Listen>; readonly path: Steps },
  taken: Taken,
  report: Report,
): void => {
  const other = taken.by(listen);
  if (other !== undefined) report.error(path, `port ${listen.port} is already taken by ${other}`);
};

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** What is listened on; looking it up costs the same for any number of it. */
class Taken {
  readonly #places = new Map<string, string>();
  readonly #wildcards = new Map<number, string>();
  readonly #ports = new Map<number, string>();
  add({ host, port }: Partial<Listen>, name: string): void {
    if (host === undefined || port === undefined) return;
    this.#places.set(`${host} ${port}`, name);
    this.#ports.set(port, name);
    if (wildcards.has(host)) this.#wildcards.set(port, name);
  }
  by({ host = '', port = 0 }: Partial<Listen>): string | undefined {
    if (port === 0) return undefined;
    if (wildcards.has(host)) return this.#ports.get(port);
    return this.#places.get(`${host} ${port}`) ?? this.#wildcards.get(port);
  }
}

function* relayListeners({ document }: ListenerSubject) {
  if (!driverNamed(document.dataplane?.driver)?.relays) return;
  for (const [index, service] of (document.services ?? []).entries()) {
    if (service?.protocol !== 'tcp') continue;
    for (const { address, port, at } of placesOf(service)) {
      yield { listen: { host: address, port }, path: ['services', index, ...at] };
    }
  }
}

const socketRules = (socket: string, path: Steps, taken: Map<string, string>, report: Report): void => {
  const length = Buffer.byteLength(socket);
  if (length > MAX_SOCKET_PATH) {
    report.error(path, `the path has ${length} bytes: a unix socket's has at most ${MAX_SOCKET_PATH}`);
  }
  const other = taken.get(socket);
  if (other !== undefined) report.error(path, `this is the socket of ${other} already`);
  else taken.set(socket, String(path[0]));
};
