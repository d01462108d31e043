/** The JSON of the API as zod schemas: what the OpenAPI document says, and what the command line accepts from a daemon. */
import { z } from 'zod';
import { CUSTOM } from '../../../dataplane/descriptor.js';
import { drivers } from '../../../dataplane/drivers.js';
import type { Overall } from '../../../machines/health/overall.js';
import type { RuntimeStatus } from '../../../machines/telemetry/store.js';
import type {
  ActorView,
  BackendView,
  CheckView,
  DataplaneView,
  ServiceView,
  TrafficSumView,
  VrrpView,
} from '../../../model/observing/views.js';
import { faults } from '../../../wire/links/calls.js';
import type { Problem } from './problem.js';

const count = z.int().nonnegative();
const backendState = z.enum(['unknown', 'healthy', 'unhealthy', 'draining', 'disabled']);

export const checkView = z.object({
  type: z.string(),
  target: z.string(),
  state: z.enum(['unknown', 'healthy', 'unhealthy']),
  failures: count,
  successes: count,
  last_check: z.string().nullable(),
  duration_ms: z.number(),
  message: z.string(),
}) satisfies z.ZodType<CheckView>;

const trafficSum = z.object({
  active: count,
  inactive: count,
  connections: count,
  bytes_in: count,
  bytes_out: count,
}) satisfies z.ZodType<TrafficSumView>;

export const backendView = z.object({
  name: z.string(),
  address: z.string(),
  port: count,
  weight: count,
  configured_weight: count,
  state: backendState,
  why: z.string(),
  connections: count.nullable(),
  traffic: trafficSum.nullable(),
  drained: z.boolean(),
  drain: z
    .union([
      z.object({ state: z.literal('draining'), left: count.nullable(), seconds_left: count }),
      z.object({ state: z.literal('drained'), cut: count.nullable() }),
    ])
    .nullable(),
  checks: z.array(checkView),
}) satisfies z.ZodType<BackendView>;

export const serviceView = z.object({
  name: z.string(),
  address: z.string(),
  port: count,
  fwmark: count.nullable(),
  protocol: z.string(),
  scheduler: z.string(),
  forwarding: z.string(),
  healthy: z.boolean(),
  why: z.string(),
  sorry: z.boolean(),
  enabled: z.boolean(),
  traffic: trafficSum.nullable(),
  backends: z.array(backendView),
}) satisfies z.ZodType<ServiceView>;

/** `GET /api/v1/backends`: a backend, and whose it is. */
export const listedBackend = backendView.extend({ service: z.string() });
export type ListedBackend = z.infer<typeof listedBackend>;

const lateness = z.object({ p50: z.number(), p99: z.number(), p999: z.number(), max: z.number() });

export const vrrpView = z.object({
  name: z.string(),
  vrid: count,
  interface: z.string(),
  addresses: z.array(z.string()),
  state: z.enum(['init', 'backup', 'master', 'fault']),
  priority: count,
  effective_priority: z.number(),
  why: z.string(),
  master_down_interval_ms: z.number(),
  adverts: z.object({ sent: count, received: count, rejected: count }),
  lateness_us: lateness,
  lateness_last_hour_us: lateness,
  transitions: count,
  peer: z
    .object({
      address: z.string(),
      priority: z.number(),
      resigned: z.boolean(),
      interval_ms: z.number(),
      jitter_us: z.number(),
    })
    .nullable(),
  realtime: z.string(),
}) satisfies z.ZodType<VrrpView>;

export const actorView = z.object({
  name: z.string(),
  thread_id: z.int(),
  state: z.enum(['starting', 'running', 'restarting', 'stopping', 'stopped', 'failed']),
  restarts: count,
  last_error: z.string().nullable(),
  mailbox: count,
}) satisfies z.ZodType<ActorView>;

const flow = { connections: count, packets_in: count, packets_out: count, bytes_in: count, bytes_out: count };
const traffic = z.object({ ...flow, per_second: z.object(flow) }).nullable();

export const dataplaneView = z.object({
  driver: z.enum([...drivers.map(({ kind }) => kind), CUSTOM, 'none']),
  why: z.string(),
  services: z.array(
    z.object({
      name: z.string().nullable(),
      address: z.string(),
      port: count,
      fwmark: count.nullable(),
      family: z.enum(['ipv4', 'ipv6']),
      protocol: z.string(),
      scheduler: z.string(),
      scheduler_flags: z.array(z.string()),
      persistence_s: z.number().nullable(),
      one_packet: z.boolean(),
      extra: z.string().nullable(),
      traffic,
      destinations: z.array(
        z.object({
          backend: z.string().nullable(),
          address: z.string(),
          port: count,
          weight: count,
          forwarding: z.string(),
          tunnel: z.string().nullable(),
          max_connections: count,
          extra: z.string().nullable(),
          active_connections: count,
          inactive_connections: count,
          connections: count,
          bytes_in: count,
          bytes_out: count,
          traffic,
        }),
      ),
    }),
  ),
}) satisfies z.ZodType<DataplaneView>;

const overallState = z.enum(['healthy', 'degraded', 'unhealthy']);

export const overallView = z.object({
  /** The worst of services, VRRP instances, actors and components. */
  state: overallState,
  /** Empty when all is well. */
  why: z.string(),
}) satisfies z.ZodType<Overall>;

const runtimeStatus = overallView.extend({
  services: z.array(
    z.object({
      name: z.string(),
      enabled: z.boolean(),
      healthy: z.boolean(),
      why: z.string(),
      backends: z.array(
        z.object({
          name: z.string(),
          address: z.string(),
          port: count,
          weight: count,
          state: backendState,
          why: z.string(),
          drained: z.boolean(),
        }),
      ),
    }),
  ),
  vrrp: z.array(vrrpView),
  actors: z.array(actorView),
  dataplane: z.object({ driver: z.string(), why: z.string() }).nullable(),
  listeners: z.array(z.object({ name: z.string(), address: z.string() })),
}) satisfies z.ZodType<RuntimeStatus>;

export const briefStatusView = runtimeStatus.extend({
  node: z.string(),
  version: z.string(),
  pid: count,
  /** RFC 3339. */
  started_at: z.string(),
  uptime_ms: z.number(),
  /** As /health says it: unhealthy while the daemon itself does not do its work. */
  status: overallState,
  /** Changes over TCP are refused when false: no token is configured. */
  changes_over_tcp: z.boolean(),
});
/** What people look at. */
export type BriefStatusView = z.infer<typeof briefStatusView>;

export const statusView = briefStatusView.extend({
  /** The effective configuration; secrets are not shown. */
  config: z.record(z.string(), z.unknown()),
});

/** One event of `GET /api/v1/events`, whose other fields depend on its type. */
export const eventView = z.looseObject({
  id: z.string(),
  type: z.string(),
  /** RFC 3339. */
  at: z.string(),
  actor_name: z.string(),
  why: z.string(),
});
export type EventView = z.infer<typeof eventView>;

export const changesView = z.object({ changes: z.array(z.string()) });
export const planView = changesView.extend({
  /** What differs between the data plane's table and the running configuration. */
  drift: z.array(z.string()),
});
/** A fault that was put into an actor. */
export const drillView = z.object({ actor: z.string(), fault: z.enum(faults) });
export const failoverView = z.object({ message: z.string() });
export const overrideView = z.object({
  /** The `service/backend` pairs that changed. */
  changed: z.array(z.string()),
});

export const problemView = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  issues: z
    .array(z.object({ file: z.string(), line: count, column: count, path: z.string(), message: z.string() }))
    .exactOptional(),
}) satisfies z.ZodType<Problem>;

export const healthView = z.object({
  status: overallState,
  version: z.string(),
  /** While it is not healthy. */
  why: z.string().exactOptional(),
});
export const readyView = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  components: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['healthy', 'degraded', 'unhealthy']),
      latency_ms: z.number(),
      critical: z.boolean(),
      message: z.string().exactOptional(),
    }),
  ),
  version: z.string(),
  timestamp: z.string(),
  total_latency_ms: z.number(),
});
export const livenessView = z.object({ status: z.literal('alive'), version: z.string() });
