import { candidatesFor } from '../../dataplane/drivers.js';
import { proxyLink } from '../../wire/links/proxy.js';
import { type Descriptor, essential } from '../descriptor.js';
import { metrics } from './metrics.js';

export const proxy: Descriptor = {
  kind: 'proxy',
  stage: 'carriers',
  runs: ({ dataplane: { driver }, runtime }) =>
    candidatesFor(driver).some(({ relays }) => relays) ? runtime.proxyThreads : 0,
  policy: essential,
  deadlineMs: 3000,
  limits: { memoryMb: 1024, youngMb: 8 },
  thread: 'spared',
  hears: [proxyLink],
  metrics,
  create: async () => (await import('./index.js')).createProxy,
};
