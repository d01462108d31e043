/** The drivers that there are. */
import type { Drivers } from './choose.js';
import type { DriverContext, OpenDriver } from './driver.js';
import { openDryRun } from './drivers/dry-run/index.js';
import { openIpvs, probeIpvs } from './drivers/ipvs/index.js';
import { openProxyDriver } from './drivers/proxy/index.js';

const ours = {
  'dry-run': openDryRun,
  proxy: openProxyDriver,
  ipvs: (context: DriverContext) => openIpvs(context),
  probeIpvs: () => probeIpvs(),
};

/** `module` is the URL of one that exports `openDriver`, or null. */
export async function driversWith(module: string | null): Promise<Drivers> {
  if (module === null) return { ...ours, custom: null };
  const loaded = (await import(module)) as { readonly openDriver?: unknown };
  if (typeof loaded.openDriver !== 'function') throw new Error(`the data-plane driver ${module} exports no openDriver`);
  return { ...ours, custom: loaded.openDriver as OpenDriver };
}
