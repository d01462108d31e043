/** What flows to each backend, under the names of the configuration. */

import type { Counts } from '../../dataplane/driver.js';
import { type Entry, MOVED_PREFIX, PROBE_PREFIX, type ServiceKey, type Table } from '../../model/dataplane/table.js';
import type { BackendTraffic } from './calls.js';

/** Backends in one slice of an answer: between two slices the thread does its real work. */
const SLICE = 500;

/** `services` null = all; `count` asks the driver. */
export async function* backendTraffic(
  services: readonly string[] | null,
  desired: Table,
  count: (keys: readonly ServiceKey[] | null) => Promise<Counts>,
): AsyncIterable<readonly BackendTraffic[]> {
  const names = services === null ? null : new Set(services);
  const wanted = [...desired.values()].filter((entry) => isWanted(entry, names));
  if (wanted.length === 0) return;
  const counts = await count(names === null ? null : wanted.map(({ service }) => service.key));
  let slice: BackendTraffic[] = [];
  for (const one of trafficOf(wanted, counts)) {
    slice.push(one);
    if (slice.length < SLICE) continue;
    yield slice;
    slice = [];
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield slice;
}

function isWanted({ service: { name } }: Entry, names: ReadonlySet<string> | null): boolean {
  if (name === null || name.startsWith(PROBE_PREFIX) || name.startsWith(MOVED_PREFIX)) return false;
  return names === null || names.has(name);
}

function* trafficOf(entries: readonly Entry[], counts: Counts): Iterable<BackendTraffic> {
  for (const { service, destinations } of entries) {
    const counted = counts.get(service.key);
    const told = new Set<string>();
    for (const { key, backend } of destinations.values()) {
      const found = counted?.get(key);
      if (found === undefined || service.name === null || backend === null) continue;
      // The sorry server comes last, and may have the name of a backend.
      if (told.has(backend)) continue;
      told.add(backend);
      const { active, inactive, connections, bytesIn, bytesOut } = found;
      yield {
        service: service.name,
        backend,
        active,
        inactive,
        connections,
        bytes_in: bytesIn,
        bytes_out: bytesOut,
      };
    }
  }
}
