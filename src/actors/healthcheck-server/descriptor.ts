import { subscriptionsLink } from '../../wire/links/subscriptions.js';
import { type Descriptor, door } from '../descriptor.js';

export const healthcheckServer: Descriptor = {
  kind: 'healthcheck-server',
  stage: 'doors',
  runs: (config) => config.healthcheckServer !== null,
  policy: door,
  deadlineMs: 5000,
  limits: { memoryMb: 512, youngMb: 8 },
  speaks: [subscriptionsLink],
  create: async () => (await import('./index.js')).createHealthcheckServer,
};
