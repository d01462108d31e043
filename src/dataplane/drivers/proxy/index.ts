import type { DriverDescriptor } from '../../descriptor.js';
import { metrics } from './metrics.js';
import { shortcomings } from './shortcomings.js';

/** The embedded proxy: it needs nothing of the machine. */
export const proxy = {
  kind: 'proxy',
  title: 'the embedded proxy',
  priority: 0,
  relays: true,
  synchronises: false,
  shortcomings,
  metrics,
} as const satisfies DriverDescriptor;
