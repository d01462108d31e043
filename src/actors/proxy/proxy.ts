/** What one proxy thread serves: applies changes, tells its table and counts, and keeps its limits. */

import { canServe } from '../../dataplane/drivers/proxy/shortcomings.js';
import { type Change, type ChangeResult, changeWords, done } from '../../model/dataplane/change.js';
import type { ServiceKey, TableService } from '../../model/dataplane/table.js';
import type { Clock } from '../../model/units.js';
import type { KeptSockets } from '../../os/sockets/kept-sockets.js';
import type { ProxyCounts, ProxyEntry } from '../../wire/links/proxy.js';
import type { ActorContext } from '../../workers/actor.js';
import { Balancer } from './balancer.js';
import type { Traffic } from './destination.js';
import { ListenError } from './listen.js';
import { metrics } from './metrics.js';
import { MAX_BUFFERED_BYTES } from './proxy-limits.js';
import type { ProxyService, ServiceHost } from './service.js';
import { TcpService } from './tcp-service.js';
import { UdpService } from './udp-service.js';

/** How often silent connections are looked for, in ticks of about a second. */
const SWEEP_TICKS = 5;
/** A replacement has been told all that it serves by then; what nobody asked for was removed meanwhile. */
const ORPHAN_TICKS = 30;

export type ProxyContext = Pick<ActorContext, 'log' | 'meter'> & {
  readonly now: Clock;
  readonly maxConnections: () => number;
  /** Sockets that a thread before this one left are in it. */
  readonly sockets: KeptSockets;
  /** An address that VRRP brings may be bound before it is there: a backup must be ready when it becomes master. */
  readonly isVirtual: (address: string) => boolean;
  readonly lost: (service: ServiceKey, why: string) => void;
};

export class EmbeddedProxy {
  readonly #context: ProxyContext;
  readonly #services = new Map<ServiceKey, ProxyService>();
  readonly #metered = new Map<ServiceKey, Traffic>();
  readonly #coarse = { seconds: 0 };
  readonly #host: ServiceHost;
  #open = 0;
  #ticks = 0;

  constructor(context: ProxyContext) {
    this.#context = context;
    this.#host = {
      coarse: this.#coarse,
      room: {
        take: () => {
          if (this.#open >= context.maxConnections()) return false;
          this.#open += 1;
          return true;
        },
        free: () => {
          this.#open -= 1;
        },
      },
      counted: (service, result) =>
        context.meter.count(metrics.fulcrum_proxy_connections_total, { service: nameOf(service), result }),
      backendFailed: (service, backend, why) => {
        context.meter.count(metrics.fulcrum_proxy_connections_total, {
          service: nameOf(service),
          result: 'backend-failed',
        });
        context.log.debug({ service: nameOf(service), backend }, `backend not reached: ${why}`);
      },
      lost: (service, why) => this.#lose(service, why),
      bind: (protocol, where) => context.sockets.open({ protocol, ...where }, context.isVirtual(where.address)),
    };
    this.#readClock();
  }

  /** One result for each change, in order. A service's destinations are there before its first connection is taken. */
  async apply(changes: readonly Change[]): Promise<readonly ChangeResult[]> {
    const opening = new Map<ServiceKey, Promise<ChangeResult>>();
    const removes = changes.some((change) => change.kind === 'remove-service');
    const results = changes.map((change) => {
      if (change.kind !== 'add-service') return this.#change(change);
      const opened = this.#add(change.service, removes);
      opening.set(change.service.key, opened);
      return opened;
    });
    return Promise.all(
      results.map(async (result, index) => {
        const change = changes[index];
        const opened = change?.kind === 'add-destination' ? await opening.get(change.service.key) : undefined;
        if (opened === undefined || opened.ok || change === undefined) return result;
        return refuse(change, 'ENOENT', 'its service could not be added');
      }),
    );
  }

  table(): readonly ProxyEntry[] {
    return Array.from(this.#services.values(), ({ facts, balancer }) => ({
      service: facts,
      destinations: Array.from(balancer.destinations.values(), (destination) => destination.facts),
    }));
  }

  counts(services: readonly ServiceKey[] | null): readonly ProxyCounts[] {
    return (services ?? [...this.#services.keys()]).flatMap((key) => {
      const service = this.#services.get(key);
      if (service === undefined) return [];
      const destinations = Array.from(service.balancer.destinations.values(), (destination) => ({
        key: destination.key,
        ...destination.counts(),
      }));
      return [{ service: key, destinations }];
    });
  }

  /** Connections and sessions now. */
  get open(): number {
    return this.#open;
  }

  /** Bytes that wait for peers that do not take them. */
  get buffered(): number {
    let bytes = 0;
    for (const service of this.#services.values()) bytes += service.buffered;
    return bytes;
  }

  /** To be called about once a second. */
  tick(): void {
    this.#readClock();
    this.#ticks += 1;
    for (const [key, service] of this.#services) this.#meter(key, service);
    if (this.#ticks === ORPHAN_TICKS) this.#context.sockets.closeOrphans();
    if (this.#ticks % SWEEP_TICKS !== 0) return;
    for (const service of this.#services.values()) {
      service.sweep();
      service.balancer.prune();
    }
    this.#keepMemory();
  }

  close(): void {
    for (const key of [...this.#services.keys()]) this.#drop(key);
    this.#context.sockets.closeOrphans();
  }

  #change(change: Exclude<Change, { kind: 'add-service' }>): ChangeResult {
    const service = this.#services.get(change.service.key);
    if (service === undefined) return refuse(change, 'ENOENT', 'the service is not there');
    switch (change.kind) {
      case 'remove-service':
        this.#drop(change.service.key);
        return done;
      case 'set-service':
        if (!isServed(change.service)) return refuse(change, 'ENOTSUP', 'the proxy cannot serve it');
        service.balancer.configure(change.service);
        service.facts = change.service;
        return done;
      case 'add-destination':
        if (service.balancer.has(change.destination.key)) return refuse(change, 'EEXIST', 'it is there already');
        service.balancer.set(change.destination);
        return done;
      case 'set-destination':
      case 'replace-destination':
        if (!service.balancer.has(change.destination.key)) return refuse(change, 'ENOENT', 'it is not there');
        service.balancer.set(change.destination);
        return done;
      case 'remove-destination':
        if (!service.balancer.has(change.destination.key)) return refuse(change, 'ENOENT', 'it is not there');
        service.balancer.remove(change.destination.key);
        return done;
      default:
        return change satisfies never;
    }
  }

  /** `again`: this batch frees addresses too, perhaps the very one. */
  async #add(facts: TableService, again: boolean): Promise<ChangeResult> {
    const change: Change = { kind: 'add-service', service: facts };
    if (this.#services.has(facts.key)) return refuse(change, 'EEXIST', 'it is there already');
    const service = this.#make(facts);
    if (service === null) return refuse(change, 'ENOTSUP', 'the proxy cannot serve it');
    this.#services.set(facts.key, service);
    try {
      await service.listen().catch((error: unknown) => {
        if (!again || !(error instanceof ListenError) || error.code !== 'EADDRINUSE') throw error;
        return service.listen();
      });
      return done;
    } catch (error) {
      this.#drop(facts.key);
      if (error instanceof ListenError) return { ok: false, code: error.code, message: error.message };
      throw error;
    }
  }

  #make(facts: TableService): ProxyService | null {
    const { match } = facts;
    if (match.kind !== 'address' || !isServed(facts)) return null;
    const balancer = new Balancer(facts, this.#context.now);
    const where = { address: match.address, port: match.port };
    return match.protocol === 'tcp'
      ? new TcpService(facts, where, balancer, this.#host)
      : new UdpService(facts, where, balancer, this.#host);
  }

  #drop(key: ServiceKey): void {
    const service = this.#services.get(key);
    if (service === undefined) return;
    this.#services.delete(key);
    service.close();
    this.#meter(key, service);
    this.#metered.delete(key);
  }

  #lose(facts: TableService, why: string): void {
    if (!this.#services.has(facts.key)) return;
    this.#context.log.error({ service: nameOf(facts) }, `the listener broke, and is opened again: ${why}`);
    this.#drop(facts.key);
    this.#context.lost(facts.key, why);
  }

  #meter(key: ServiceKey, service: ProxyService): void {
    const name = nameOf(service.facts);
    const sums = { ...service.balancer.traffic };
    const before = this.#metered.get(key);
    this.#metered.set(key, sums);
    const { meter } = this.#context;
    meter.gauge(metrics.fulcrum_proxy_connections, { service: name }, service.open);
    const bytesIn = sums.bytesIn - (before?.bytesIn ?? 0);
    const bytesOut = sums.bytesOut - (before?.bytesOut ?? 0);
    if (bytesIn > 0) meter.count(metrics.fulcrum_proxy_bytes_total, { service: name, direction: 'in' }, bytesIn);
    if (bytesOut > 0) meter.count(metrics.fulcrum_proxy_bytes_total, { service: name, direction: 'out' }, bytesOut);
  }

  #keepMemory(): void {
    const buffered = this.buffered;
    if (buffered <= MAX_BUFFERED_BYTES) return;
    this.#context.log.warn({ buffered }, 'too much is buffered for peers that do not read: resetting the slowest');
    for (const service of this.#services.values()) {
      const share = service.buffered / buffered;
      service.shed((buffered - MAX_BUFFERED_BYTES) * share);
    }
  }

  #readClock(): void {
    this.#coarse.seconds = Math.floor(this.#context.now() / 1e9);
  }
}

/** The driver has asked the same before; what comes over a link is looked at again all the same. */
const isServed = (service: TableService): boolean => canServe({ service, destinations: new Map() }).kind === 'accepted';

const nameOf = (service: TableService): string => service.name ?? service.key;

const refuse = (change: Change, code: string, why: string): ChangeResult => ({
  ok: false,
  code,
  message: `${change.kind} ${changeWords(change).what}: ${code}: ${why}`,
});
