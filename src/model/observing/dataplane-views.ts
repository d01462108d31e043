/** The data plane's table as people and their tools read it (`views.ts`). */
import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.js';

const count = z.int().nonnegative();

/** What flowed, ever and per second now; in = from clients. */
export type FlowView = DeepReadonly<z.infer<typeof flow>>;
const flow = z.object({
  connections: count,
  packets_in: count,
  packets_out: count,
  bytes_in: count,
  bytes_out: count,
});
export type TrafficView = DeepReadonly<z.infer<typeof traffic>>;
const traffic = flow.extend({ per_second: flow });

export type DataplaneDestinationView = DeepReadonly<z.infer<typeof destination>>;
const destination = z.object({
  /** The backend's name; null where Fulcrum did not make it. */
  backend: z.string().nullable(),
  address: z.string(),
  port: count,
  weight: count,
  forwarding: z.string(),
  /** Such as `gue:6080`; null = none, or plain IP in IP. */
  tunnel: z.string().nullable(),
  /** 0 = no limit. */
  max_connections: count,
  /** What someone else set on it, in words; null = nothing. */
  extra: z.string().nullable(),
  active_connections: count,
  inactive_connections: count,
  connections: count,
  bytes_in: count,
  bytes_out: count,
  traffic: traffic.nullable(),
});

export type DataplaneServiceView = DeepReadonly<z.infer<typeof dataplaneService>>;
const dataplaneService = z.object({
  name: z.string().nullable(),
  address: z.string(),
  port: count,
  fwmark: count.nullable(),
  family: z.enum(['ipv4', 'ipv6']),
  protocol: z.string(),
  scheduler: z.string(),
  scheduler_flags: z.array(z.string()),
  /** Seconds; null = none. */
  persistence_s: z.number().nullable(),
  /** The net whose clients count as one, such as `255.255.255.0` or `/64`; null = each client. */
  persistence_granularity: z.string().nullable(),
  one_packet: z.boolean(),
  extra: z.string().nullable(),
  /** Those of destinations that are gone too; null where the driver does not count it. */
  traffic: traffic.nullable(),
  destinations: z.array(destination),
});

export type DataplaneView = DeepReadonly<z.infer<typeof dataplaneView>>;
export const dataplaneView = z.object({
  /** The driver's kind. */
  driver: z.string(),
  why: z.string(),
  services: z.array(dataplaneService),
});
