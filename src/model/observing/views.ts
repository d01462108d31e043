/**
 * What people and their tools read: the JSON of the HTTP API, the command line and `runtime.status()`. One definition each: the type
 * of who makes it, the OpenAPI document, and what the command line accepts from a daemon.
 */
import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.js';
import { kernelPart } from './kernel-part.js';

const count = z.int().nonnegative();

export type CheckView = DeepReadonly<z.infer<typeof checkView>>;
export const checkView = z.object({
  type: z.string(),
  /** `host:port`, or the host alone. */
  target: z.string(),
  state: z.enum(['unknown', 'healthy', 'unhealthy']),
  failures: count,
  successes: count,
  /** RFC 3339, null before the first probe. */
  last_check: z.string().nullable(),
  duration_ms: z.number(),
  message: z.string(),
});

/** Connections now and ever, and bytes from (in) and to (out) clients. */
export type TrafficSumView = DeepReadonly<z.infer<typeof trafficSum>>;
const trafficSum = z.object({
  active: count,
  inactive: count,
  connections: count,
  bytes_in: count,
  bytes_out: count,
});

const backendState = z.enum(['unknown', 'healthy', 'unhealthy', 'draining', 'disabled']);

export type DrainView = DeepReadonly<z.infer<typeof drainView>>;
const drainView = z.union([
  /** `left`: connections; null = not counted yet. */
  z.object({ state: z.literal('draining'), left: count.nullable(), seconds_left: count }),
  /** `cut`: connections that had not ended by themselves; null = they were never counted. */
  z.object({ state: z.literal('drained'), cut: count.nullable() }),
]);

export type BackendView = DeepReadonly<z.infer<typeof backendView>>;
export const backendView = z.object({
  name: z.string(),
  address: z.string(),
  port: count,
  /** What the data plane is told now: 0 while it takes no traffic. */
  weight: count,
  configured_weight: count,
  /** Set at run time (`fulcrum weight`), until the configuration's changes; null = the configuration's counts. */
  operator_weight: count.nullable(),
  /** What its checks make of it (`weight_from`, checks of the type file), while no operator says otherwise; null = they say nothing. */
  checked_weight: count.nullable(),
  /** Its own way, or its service's. */
  forwarding: z.string(),
  state: backendState,
  why: z.string(),
  /** Active ones now; null where nobody has counted them. */
  connections: count.nullable(),
  /** Null while it is not in the data plane's table, or the data plane does not tell. */
  traffic: trafficSum.nullable(),
  /** An operator's drain of it is over; `enable` takes it back. */
  drained: z.boolean(),
  /** Null where no operator has drained it. */
  drain: drainView.nullable(),
  checks: z.array(checkView),
});

export type ServiceView = DeepReadonly<z.infer<typeof serviceView>>;
export const serviceView = z.object({
  name: z.string(),
  /** Empty and 0 for a firewall-mark service; the first of several. */
  address: z.string(),
  port: count,
  /** All of them, ranges such as `10.0.0.101-110` too; empty for a firewall-mark service. */
  addresses: z.array(z.string()),
  ports: z.array(count),
  fwmark: count.nullable(),
  protocol: z.string(),
  scheduler: z.string(),
  forwarding: z.string(),
  healthy: z.boolean(),
  why: z.string(),
  /** Traffic goes to the sorry server. */
  sorry: z.boolean(),
  /** Not taken out on purpose, by the configuration or an operator. */
  enabled: z.boolean(),
  /** The sum of its backends', as far as they are in the data plane's table. */
  traffic: trafficSum.nullable(),
  backends: z.array(backendView),
});

/** The same as the engine knows it: what flows is the data plane's to tell. */
export type BackendReport = Omit<BackendView, 'traffic'>;
export type ServiceReport = Omit<ServiceView, 'traffic' | 'backends'> & { readonly backends: readonly BackendReport[] };

/** `GET /api/v1/backends`: a backend, and whose it is. */
export type ListedBackend = DeepReadonly<z.infer<typeof listedBackend>>;
export const listedBackend = backendView.extend({ service: z.string() });

/** How late adverts were sent, against their absolute deadlines. */
export type LatenessView = DeepReadonly<z.infer<typeof lateness>>;
const lateness = z.object({ p50: z.number(), p99: z.number(), p999: z.number(), max: z.number() });

const vrrpState = z.enum(['init', 'backup', 'master', 'fault']);

export type VrrpView = DeepReadonly<z.infer<typeof vrrpView>>;
export const vrrpView = z.object({
  name: z.string(),
  vrid: count,
  /** Of the protocol. */
  version: z.literal([2, 3]),
  /** Null = none. */
  authentication: z.enum(['password', 'hmac']).nullable(),
  interface: z.string(),
  ...kernelPart,
  addresses: z.array(z.string()),
  state: vrrpState,
  /** The sync group that it is in. */
  sync_group: z.string().nullable(),
  priority: count,
  /** After tracking. */
  effective_priority: z.number(),
  why: z.string(),
  /** What it tracks, with what each adds to the priority now, and whether it is a fault. */
  tracked: z.array(
    z.object({
      kind: z.enum(['interface', 'service', 'script', 'process', 'file']),
      name: z.string(),
      up: z.boolean().nullable(),
      priority: z.number(),
      fault: z.boolean(),
      why: z.string(),
    }),
  ),
  master_down_interval_ms: z.number(),
  adverts: z.object({ sent: count, received: count, rejected: count }),
  /** Of all adverts since the start. */
  lateness_us: lateness,
  lateness_last_hour_us: lateness,
  transitions: count,
  /** The peer last heard, null before any. */
  peer: z
    .object({
      address: z.string(),
      /** The last one that it ran with; 0 where it was never heard but to resign. */
      priority: z.number(),
      /** Its last advert told that it stops being master (priority 0). */
      resigned: z.boolean(),
      /** Its last advert had the password, or a valid HMAC. */
      authenticated: z.boolean(),
      interval_ms: z.number(),
      jitter_us: z.number(),
    })
    .nullable(),
  /** What `realtime: auto` got, and what it could not get. */
  realtime: z.string(),
});

export type SyncGroupView = DeepReadonly<z.infer<typeof syncGroupView>>;
export const syncGroupView = z.object({
  name: z.string(),
  state: vrrpState,
  why: z.string(),
  transitions: count,
  instances: z.array(
    z.object({
      name: z.string(),
      state: vrrpState,
      /** A backup that hears no master, and waits until all members are ready to be master. */
      ready: z.boolean(),
      why: z.string(),
    }),
  ),
});

export type ActorView = DeepReadonly<z.infer<typeof actorView>>;
export const actorView = z.object({
  name: z.string(),
  thread_id: z.int(),
  state: z.enum(['starting', 'running', 'restarting', 'stopping', 'stopped', 'failed']),
  restarts: count,
  last_error: z.string().nullable(),
  /** Messages sent to it that it has not taken yet. */
  mailbox: count,
});

export type HookView = DeepReadonly<z.infer<typeof hookView>>;
const hookView = z.object({
  name: z.string(),
  /** Events that it is still to be told. */
  waiting: count,
  /** Failed attempts since it was last told something. */
  failures: count,
  /** Why the last attempt that failed did; null = none has. */
  last_error: z.string().nullable(),
});

/** `degraded`: something is not as it should be, and all traffic is served. */
export type OverallState = z.infer<typeof overallState>;
export const overallState = z.enum(['healthy', 'degraded', 'unhealthy']);

export type Overall = DeepReadonly<z.infer<typeof overallView>>;
export const overallView = z.object({
  /** The worst of services, VRRP instances, actors and components. */
  state: overallState,
  /** The worst first; empty when all is well. */
  why: z.string(),
});

export type MaintenanceView = DeepReadonly<z.infer<typeof maintenanceView>>;
/** Whether the whole node has stepped down and drains. */
export const maintenanceView = z.object({
  on: z.boolean(),
  /** RFC 3339; null while it is off. */
  since: z.string().nullable(),
});

export type BackendStatus = DeepReadonly<z.infer<typeof backendStatus>>;
/** `drained`: an operator's drain of it is over. */
const backendStatus = backendView.pick({
  name: true,
  address: true,
  port: true,
  weight: true,
  state: true,
  why: true,
  drained: true,
});

export type ServiceStatus = DeepReadonly<z.infer<typeof serviceStatus>>;
const serviceStatus = serviceView
  .pick({ name: true, enabled: true, healthy: true, why: true })
  .extend({ backends: z.array(backendStatus) });

/** `runtime.status()`, and the heart of `GET /api/v1/status`. */
export type RuntimeStatus = DeepReadonly<z.infer<typeof runtimeStatusView>>;
export const runtimeStatusView = overallView.extend({
  services: z.array(serviceStatus),
  vrrp: z.array(vrrpView),
  actors: z.array(actorView),
  /** Null until the data plane has told. */
  dataplane: z.object({ driver: z.string(), why: z.string() }).nullable(),
  /** Open doors, with the ports that the kernel chose: such as `control.http` at `http://127.0.0.1:9080`. */
  listeners: z.array(z.object({ name: z.string(), address: z.string() })),
  hooks: z.array(hookView),
  maintenance: maintenanceView,
});
