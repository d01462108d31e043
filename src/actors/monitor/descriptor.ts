import { fallenLink } from '../../wire/links/fallen.js';
import { hostChecksLink } from '../../wire/links/host-checks.js';
import { targetsLink } from '../../wire/links/targets.js';
import { type Descriptor, essential } from '../descriptor.js';
import { fileCalls } from '../supervisor/calls.js';
import { metrics } from './metrics.js';

export const monitor: Descriptor = {
  kind: 'monitor',
  stage: 'probes',
  runs: ({ runtime }) => runtime.monitorShards,
  policy: essential,
  deadlineMs: 3000,
  limits: { memoryMb: 1536, youngMb: 6 },
  thread: 'pooled',
  speaks: [fallenLink, hostChecksLink, fileCalls],
  hears: [targetsLink],
  metrics,
  create: async () => (await import('./index.js')).createMonitor,
  // What probes.
  loadReader: async () => (await import('../../checks/load.js')).loadCheckers(),
};
