import type { DriverDescriptor } from '../../descriptor.js';

/** The kernel's IPVS table. */
export const ipvs = {
  kind: 'ipvs',
  title: 'IPVS',
  priority: 100,
  relays: false,
  synchronises: true,
  shortcomings: () => [],
} as const satisfies DriverDescriptor;
