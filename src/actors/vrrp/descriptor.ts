import { trackingLink, vrrpStateLink } from '../../wire/links/vrrp-states.js';
import { type Descriptor, untiring, withoutServices } from '../descriptor.js';
import { vrrpCalls } from './calls.js';
import { metrics } from './metrics.js';

export const vrrp: Descriptor = {
  kind: 'vrrp',
  stage: 'adverts',
  runs: (config) => config.vrrp.instances.length > 0,
  policy: untiring,
  // Its loop turns every few milliseconds, and its peer's patience is short: much young room, so that little is ever collected.
  deadlineMs: 1000,
  limits: { memoryMb: 128, youngMb: 24, ownCompiler: true },
  // It talks to no server, and an advert must not wait for the hiding of secrets.
  excerpt: (config) => ({ ...withoutServices(config), secrets: [] }),
  speaks: [vrrpStateLink],
  hears: [trackingLink],
  calls: vrrpCalls,
  metrics,
  create: async () => (await import('./index.js')).createVrrp,
};
