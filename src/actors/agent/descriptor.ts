import { type Descriptor, door } from '../descriptor.js';
import { engineCalls } from '../engine/calls.js';
import { metrics } from './metrics.js';

export const agent: Descriptor = {
  kind: 'agent',
  stage: 'doors',
  runs: (config) => config.agent !== null,
  policy: door,
  deadlineMs: 5000,
  limits: { memoryMb: 256, youngMb: 8 },
  speaks: [engineCalls],
  metrics,
  create: async () => (await import('./index.js')).createAgent,
};
