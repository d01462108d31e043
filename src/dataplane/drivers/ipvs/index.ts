import type { DriverDescriptor } from '../../descriptor.js';
import { metrics } from './metrics.js';

/** The kernel's IPVS table. */
export const ipvs = {
  kind: 'ipvs',
  title: 'IPVS',
  priority: 100,
  relays: false,
  synchronises: true,
  shortcomings: () => [],
  metrics,
} as const satisfies DriverDescriptor;
