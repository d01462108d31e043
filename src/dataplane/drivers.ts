/** The drivers that there are. */
import type { Drivers } from './choose.js';
import { openDryRun } from './dry-run.js';
import { openIpvs, probeIpvs } from './ipvs.js';
import { openProxyDriver } from './proxy-driver.js';

export const drivers: Drivers = {
  'dry-run': openDryRun,
  proxy: openProxyDriver,
  ipvs: (context) => openIpvs(context),
  probeIpvs: () => probeIpvs(),
};
