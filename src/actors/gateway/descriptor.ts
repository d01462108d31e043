import { subscriptionsLink } from '../../wire/links/subscriptions.js';
import { telemetryLink } from '../../wire/links/telemetry.js';
import { type Descriptor, door } from '../descriptor.js';
import { metrics } from './metrics.js';

export const gateway: Descriptor = {
  kind: 'gateway',
  stage: 'doors',
  runs: ({ control: { socket, http, grpc }, metrics: { listen } }) =>
    [socket, http, grpc, listen].some((at) => at !== null),
  policy: door,
  deadlineMs: 5000,
  limits: { memoryMb: 512, youngMb: 8 },
  speaks: [subscriptionsLink],
  hears: [telemetryLink],
  asksAll: true,
  metrics,
  create: async (all) => (await import('./index.js')).createGateway(all),
};
