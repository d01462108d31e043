import type { DriverDescriptor } from '../../descriptor.js';

/** A log of what would be written to IPVS. */
export const dryRun = {
  kind: 'dry-run',
  title: 'the dry run',
  priority: null,
  relays: false,
  synchronises: false,
  shortcomings: () => [],
} as const satisfies DriverDescriptor;
