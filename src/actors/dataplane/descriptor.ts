import { fallenLink } from '../../wire/links/fallen.js';
import { proxyLink } from '../../wire/links/proxy.js';
import { tableLink } from '../../wire/links/tables.js';
import { vrrpStateLink } from '../../wire/links/vrrp-states.js';
import { type Descriptor, essential } from '../descriptor.js';
import { dataplaneCalls } from './calls.js';
import { allMetrics } from './metrics.js';

export const dataplane: Descriptor = {
  kind: 'dataplane',
  stage: 'tables',
  runs: () => true,
  policy: essential,
  deadlineMs: 3000,
  limits: { memoryMb: 512, youngMb: 8 },
  thread: 'spared',
  // The driver may be the embedding app's, and take what it likes of the configuration.
  excerpt: (whole) => whole,
  speaks: [proxyLink],
  hears: [tableLink, fallenLink, vrrpStateLink],
  calls: dataplaneCalls,
  metrics: allMetrics,
  create: async () => (await import('./index.js')).createDataplane,
  loadReader: async () => (await import('./index.js')).loadReader(),
};
