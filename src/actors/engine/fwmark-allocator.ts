import { createHash } from 'node:crypto';
import type { BackendConfig, ServiceConfig } from '../../model/config.js';
import type { DesiredService } from '../../model/dataplane/desired-service.js';
import { familyOf, PROBE_PREFIX } from '../../model/dataplane/table.js';

/** Marks below belong to people's virtual services, who may have others too; Seesaw's health checks begin here too. */
const FIRST_MARK = 65536;
const MARKS = 2 ** 20;

type ProbeMark = { readonly mark: number; readonly service: DesiredService; used: boolean };

/**
 * SO_MARKs for DSR and TUN checks: a marked probe to the virtual IP meets a firewall-mark service with one backend, so it
 * takes the very way that traffic takes. One mark for each (backend, mode, tunnel, family), shared and pruned.
 */
export class FwmarkAllocator {
  readonly #fwmarks = new Map<string, ProbeMark>();
  /** Names of services whose mark the configuration has a service of its own for now. */
  readonly #evicted = new Set<string>();
  #reserved: ReadonlySet<number> = new Set();

  /** The mark for a backend's probes; a new one brings a firewall-mark service with it. */
  markOf(service: ServiceConfig, backend: BackendConfig, mode: 'dsr' | 'tun'): number {
    // The packet's, which is the virtual IP's: a tunnel may lead to a backend of the other family.
    const family = familyOf(service.match);
    const tunnel = mode === 'tun' && backend.tunnel !== null ? `${backend.tunnel.type}:${backend.tunnel.port}` : '';
    const id = `${backend.address}/${mode}${tunnel}/${family}`;
    let entry = this.#fwmarks.get(id);
    if (entry !== undefined && this.#reserved.has(entry.mark)) {
      this.#evicted.add(entry.service.name);
      entry = undefined;
    }
    if (entry === undefined) {
      const mark = this.#freeMark(id);
      entry = { mark, service: probeService(mark, family, service, backend, mode), used: true };
      this.#fwmarks.set(id, entry);
    }
    entry.used = true;
    return entry.mark;
  }

  /** Begins a round: a mark that `markOf` does not give out again until `prune` is free. People's own marks are `reserved`. */
  begin(reserved: ReadonlySet<number>): void {
    this.#reserved = reserved;
    for (const entry of this.#fwmarks.values()) entry.used = false;
  }

  /** Ends the round; answers with the names of the services that nobody needs any more. */
  prune(): string[] {
    const gone = [...this.#evicted];
    this.#evicted.clear();
    for (const [id, entry] of this.#fwmarks) {
      if (entry.used) continue;
      this.#fwmarks.delete(id);
      gone.push(entry.service.name);
    }
    return gone;
  }

  services(): DesiredService[] {
    return [...this.#fwmarks.values()].map((entry) => entry.service);
  }

  /** From a hash, so that the same backend has the same mark after a restart, whatever else changed. */
  #freeMark(id: string): number {
    const taken = new Set(this.#reserved);
    for (const { mark } of this.#fwmarks.values()) taken.add(mark);
    let offset = createHash('sha1').update(id).digest().readUInt32BE(0) % MARKS;
    while (taken.has(FIRST_MARK + offset)) offset = (offset + 1) % MARKS;
    return FIRST_MARK + offset;
  }
}

/** Marks that people's virtual services have. */
export const fwmarksOf = (services: readonly ServiceConfig[]): ReadonlySet<number> =>
  new Set(services.flatMap(({ match }) => (match.kind === 'fwmark' ? [match.fwmark] : [])));

function probeService(
  mark: number,
  family: 'ipv4' | 'ipv6',
  service: ServiceConfig,
  backend: BackendConfig,
  mode: 'dsr' | 'tun',
): DesiredService {
  return {
    name: `${PROBE_PREFIX}${mark}`,
    match: { kind: 'fwmark', fwmark: mark, family, protocol: service.match.protocol },
    scheduler: 'rr',
    schedulerFlags: [],
    persistenceNs: null,
    onePacket: false,
    destinations: [
      {
        backend: backend.name,
        address: backend.address,
        port: 0,
        weight: 1,
        forwarding: mode,
        maxConnections: 0,
        tunnel: mode === 'tun' ? backend.tunnel : null,
        draining: false,
      },
    ],
  };
}
