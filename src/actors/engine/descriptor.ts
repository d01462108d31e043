import { subscriptionsLink } from '../../wire/links/subscriptions.js';
import { tableLink } from '../../wire/links/tables.js';
import { targetsLink } from '../../wire/links/targets.js';
import { trackingLink, vrrpStateLink } from '../../wire/links/vrrp-states.js';
import { type Descriptor, essential } from '../descriptor.js';
import { engineCalls } from './calls.js';
import { metrics } from './metrics.js';

export const engine: Descriptor = {
  kind: 'engine',
  stage: 'decisions',
  runs: () => true,
  policy: essential,
  deadlineMs: 3000,
  limits: { memoryMb: 2048, youngMb: 12 },
  thread: 'spared',
  excerpt: (whole) => whole,
  speaks: [targetsLink, tableLink, trackingLink],
  hears: [subscriptionsLink, vrrpStateLink],
  calls: engineCalls,
  metrics,
  create: async () => (await import('./index.js')).createEngine,
  // What reads the state file.
  loadReader: () => import('./state/state-text.js'),
};
