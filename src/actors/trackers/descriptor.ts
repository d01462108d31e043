import { trackingLink } from '../../wire/links/vrrp-states.js';
import { type Descriptor, untiring, withoutServices } from '../descriptor.js';
import { metrics } from './metrics.js';

export const trackers: Descriptor = {
  kind: 'trackers',
  stage: 'probes',
  runs: ({ vrrp }) => [vrrp.scripts, vrrp.processes, vrrp.files].some((things) => Object.keys(things).length > 0),
  policy: untiring,
  deadlineMs: 5000,
  limits: { memoryMb: 128, youngMb: 3 },
  excerpt: withoutServices,
  speaks: [trackingLink],
  metrics,
  create: async () => (await import('./index.js')).createTrackers,
};
