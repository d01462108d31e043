import { logLink } from '../../wire/links/log.js';
import { type Descriptor, door } from '../descriptor.js';

export const log: Descriptor = {
  kind: 'log',
  stage: 'records',
  runs: (_config, { logTo }) => logTo === 'stderr',
  policy: door,
  deadlineMs: 10_000,
  limits: { memoryMb: 128, youngMb: 3 },
  hears: [logLink],
  create: async () => (await import('./index.js')).createLog,
};
