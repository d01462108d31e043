import { observationLink } from '../../wire/links/telemetry.js';
import { type Descriptor, door, withoutServices } from '../descriptor.js';
import { metrics } from './metrics.js';

export const hooks: Descriptor = {
  kind: 'hooks',
  // It stops after those whose last words it tells.
  stage: 'records',
  runs: (config) => config.hooks.length > 0,
  policy: door,
  deadlineMs: 10_000,
  limits: { memoryMb: 256, youngMb: 4 },
  // keepalived's words have the addresses of services and backends.
  excerpt: (whole) => (whole.hooks.some(({ format }) => format === 'keepalived') ? whole : withoutServices(whole)),
  hears: [observationLink],
  metrics,
  create: async () => (await import('./index.js')).createHooks,
};
