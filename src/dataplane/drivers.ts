/** The drivers that there are. */

import { MissingPrivilegeError } from '../errors.js';
import type { Drivers } from './choose.js';
import { openDryRun } from './dry-run.js';
import { openProxyDriver } from './proxy-driver.js';

export const drivers: Drivers = {
  'dry-run': openDryRun,
  proxy: openProxyDriver,
  ipvs: async () => {
    throw new MissingPrivilegeError('ip_vs', 'this build has no IPVS driver');
  },
  probeIpvs: async () => ({ ok: false, why: 'this build has no IPVS driver' }),
};
