/** The JSON of the API beside the views (`src/model/observing/views.ts`). */
import { z } from 'zod';
import { CUSTOM } from '../../../dataplane/descriptor.js';
import { drivers } from '../../../dataplane/drivers.js';
import type { DeepReadonly } from '../../../model/deep-readonly.js';
import { dataplaneView } from '../../../model/observing/dataplane-views.js';
import { overallState, runtimeStatusView } from '../../../model/observing/views.js';
import { MAX_IPVS_WEIGHT } from '../../../wire/ipvs/types.js';
import { faults } from '../../../wire/links/control.js';
import type { Problem } from './problem.js';

const WEIGHT = `a weight is a whole number from 0 to ${MAX_IPVS_WEIGHT}`;
const count = z.int().nonnegative();

/** The data plane's table, with the drivers that there are. */
export const tableView = dataplaneView.extend({
  driver: z.enum([...drivers.map(({ kind }) => kind), CUSTOM, 'none']),
});

export const briefStatusView = runtimeStatusView.extend({
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
export type BriefStatusView = DeepReadonly<z.infer<typeof briefStatusView>>;

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

const only = (example: string) => ({ error: `a JSON object such as ${example} is needed, with nothing else in it` });

/** What `PUT /api/v1/backends/{name}/weight` takes. */
export const weightCommand = z.strictObject(
  {
    weight: z.int(WEIGHT).min(0, WEIGHT).max(MAX_IPVS_WEIGHT, WEIGHT),
  },
  only('{"weight": 5}'),
);

/** What `PUT /api/v1/maintenance` takes. */
export const maintenanceCommand = z.strictObject({ on: z.boolean('true or false is needed') }, only('{"on": true}'));

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
  status: overallState,
  components: z.array(
    z.object({
      name: z.string(),
      status: overallState,
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
