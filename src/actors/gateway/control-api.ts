/** What the gateway can ask of the other actors, and the merging of what comes in slices. */

import type { VrrpInstanceConfig } from '../../model/config.js';
import { CommandError } from '../../model/errors.js';
import type { LoadOptions } from '../../model/load-options.js';
import type { DataplaneView } from '../../model/observing/dataplane-views.js';
import type {
  ActorView,
  BackendReport,
  CheckView,
  MaintenanceView,
  ServiceReport,
  SyncGroupView,
  VrrpView,
} from '../../model/observing/views.js';
import type { Fault } from '../../wire/links/control.js';
import type { Caller } from '../../workers/links/rpc.js';
import type { DataplaneCalls, RuntimeEdit } from '../dataplane/calls.js';
import type { EngineCalls } from '../engine/calls.js';
import type { PlaceInConfig, SupervisorCalls } from '../supervisor/calls.js';
import type { VrrpCalls } from '../vrrp/calls.js';
import { inTurns } from './json-parts.js';
import {
  backendsWithTraffic,
  byBackend,
  type ListedBackendView,
  type ServiceParts,
  trafficInTime,
  withTraffic,
} from './with-traffic.js';

/** States do not wait longer for a data plane that is being replaced: they are told without what flows. */
const TRAFFIC_WAIT_MS = 1000;

/** The largest configuration is read, compared and told to all actors within it, on a busy machine too. */
const CONFIG_CALL_MS = 120_000;

export type Callers = {
  readonly engine: Caller<EngineCalls>;
  /** Null while no VRRP instance is configured: then that actor does not run. */
  readonly vrrp: () => Caller<VrrpCalls> | null;
  readonly dataplane: Caller<DataplaneCalls>;
  readonly supervisor: Caller<SupervisorCalls>;
};

/** Each rejects with CommandError or ConfigError. */
export interface ControlApi {
  /** Null: all of them. */
  services(name: string | null): Promise<Iterable<ServiceParts>>;
  /** Null: in each service that has it. */
  backend(backend: string, service: string | null): Promise<readonly ListedBackendView[]>;
  checks(): Promise<readonly CheckView[]>;
  vrrp(name: string | null): Promise<readonly VrrpView[]>;
  syncGroups(): Promise<readonly SyncGroupView[]>;
  table(): Promise<DataplaneView>;
  drift(): Promise<readonly string[]>;
  /** Changes a service beside the configuration; answers in words when the table has it. */
  editRuntime(edit: RuntimeEdit): Promise<string>;
  actors(): Promise<readonly ActorView[]>;
  /** As configured. */
  vrrpInstances(): Promise<readonly VrrpInstanceConfig[]>;
  applyVrrp(instances: readonly VrrpInstanceConfig[]): Promise<readonly string[]>;
  /** The effective configuration as JSON text, without secrets. */
  configPages(): AsyncGenerator<string>;
  /** How the daemon reads documents. */
  loadOptions(): Promise<LoadOptions>;
  override(backend: string, service: string | null, action: OverrideAction): Promise<readonly string[]>;
  weight(backend: string, service: string | null, weight: number): Promise<readonly string[]>;
  /** Null: it is only asked for. */
  maintenance(on: boolean | null): Promise<MaintenanceView>;
  /** `name`: of an instance or a sync group. */
  failover(name: string): Promise<string>;
  drill(actor: string, fault: Fault): Promise<void>;
  /** `config`: packed (`config-bytes.ts`). */
  plan(config: Uint8Array): Promise<readonly string[]>;
  /** Of the file that the daemon was started with. */
  planFile(): Promise<readonly string[]>;
  apply(config: Uint8Array): Promise<readonly string[]>;
  /** Null: the file that the daemon was started with. */
  reload(path: string | null): Promise<readonly string[]>;
}
export type OverrideAction = EngineCalls['override']['ask']['action'];

export function createControlApi({ engine, vrrp, dataplane, supervisor }: Callers): ControlApi {
  const reads = new SingleFlight();
  const traffic = async (services: readonly string[] | null) =>
    inTurns(byBackend(await trafficInTime(dataplane.call('traffic', { services }), TRAFFIC_WAIT_MS)));
  return {
    services: async (name) => {
      const [reports, flows] = await reads.run(`services/${name ?? ''}`, async () => {
        const asked = traffic(name === null ? null : [name]);
        return [mergeServices(await engine.call('services', { name })), await asked] as const;
      });
      return withTraffic(reports, flows);
    },
    backend: async (backend, service) => {
      const found = await engine.call('backend', { backend, service });
      return backendsWithTraffic(found, await traffic(found.map((each) => each.service)));
    },
    checks: () => reads.run('checks', () => engine.call('checks', {})),
    vrrp: (name) => reads.run(`vrrp/${name ?? ''}`, async () => (await vrrp()?.call('status', { name })) ?? []),
    syncGroups: () => reads.run('sync-groups', async () => (await vrrp()?.call('sync-groups', {})) ?? []),
    table: () => reads.run('table', () => dataplane.call('table', {})),
    drift: () => reads.run('drift', () => dataplane.call('drift', {})),
    editRuntime: async (edit) => (await dataplane.call('edit-runtime', edit)).message,
    actors: () => reads.run('actors', () => supervisor.call('actors', {})),
    vrrpInstances: () => supervisor.call('vrrp', {}),
    applyVrrp: (instances) => supervisor.call('apply-vrrp', { instances }, CONFIG_CALL_MS),
    configPages: async function* () {
      let place: PlaceInConfig | null = null;
      do {
        const page: SupervisorCalls['config-page']['answer'] = await supervisor.call('config-page', { place });
        yield page.text;
        place = page.next;
      } while (place !== null);
    },
    loadOptions: () => supervisor.call('load-options', {}),
    override: (backend, service, action) => engine.call('override', { backend, service, action }),
    weight: (backend, service, weight) => engine.call('weight', { backend, service, weight }),
    maintenance: (on) => engine.call('maintenance', { on }),
    failover: async (name) => {
      const caller = vrrp();
      if (caller === null) throw new CommandError('ERR_NOT_FOUND', 'no VRRP instance is configured');
      return (await caller.call('failover', { name })).message;
    },
    drill: async (actor, fault) => void (await supervisor.call('drill', { actor, fault })),
    plan: (config) => supervisor.call('plan', { config }, CONFIG_CALL_MS),
    planFile: () => supervisor.call('plan-file', {}, CONFIG_CALL_MS),
    apply: (config) => supervisor.call('apply', { config }, CONFIG_CALL_MS),
    reload: (path) => supervisor.call('reload', { path }, CONFIG_CALL_MS),
  };
}

/** Puts the parts of a service, which come one after the other, together again. */
export function mergeServices(parts: readonly ServiceReport[]): readonly ServiceReport[] {
  const merged = new Map<string, { readonly service: ServiceReport; readonly backends: BackendReport[] }>();
  for (const part of parts) {
    const known = merged.get(part.name);
    if (known === undefined) merged.set(part.name, { service: part, backends: [...part.backends] });
    else known.backends.push(...part.backends);
  }
  return [...merged.values()].map(({ service, backends }) => ({ ...service, backends }));
}

/** Those who ask the same while it is being answered get the same answer: a crowd costs the actors one question. */
class SingleFlight {
  readonly #flights = new Map<string, Promise<unknown>>();

  run<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const flying = this.#flights.get(key) as Promise<T> | undefined;
    if (flying !== undefined) return flying;
    const flight = ask().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }
}
