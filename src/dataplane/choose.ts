/** Which driver: the configured one, or for `auto` IPVS where the machine can do it, else the proxy. */

import type { Config } from '../model/config.js';
import { messageOf } from '../model/errors.js';
import type { Driver, DriverContext, DriverKind, OpenDriver, Probe } from './driver.js';

export type Drivers = { readonly [kind in Exclude<DriverKind, 'custom'>]: OpenDriver } & {
  /** The embedding app's own: it goes before whatever is configured. */
  readonly custom: OpenDriver | null;
  /** Whether IPVS can work here. */
  readonly probeIpvs: () => Promise<Probe>;
};

/** `why` is for people: what was chosen, and for what reason. */
export type Chosen = { readonly driver: Driver; readonly why: string };

/** What a setting means on this machine, as far as that can be told without opening it. */
export const driverKind = async (configured: Config['dataplane']['driver'], drivers: Drivers): Promise<DriverKind> =>
  drivers.custom !== null
    ? 'custom'
    : configured !== 'auto'
      ? configured
      : (await drivers.probeIpvs()).ok
        ? 'ipvs'
        : 'proxy';

/** Rejects where a driver that was asked for by name cannot work. */
export async function chooseDriver(
  configured: Config['dataplane']['driver'],
  drivers: Drivers,
  context: DriverContext,
): Promise<Chosen> {
  if (drivers.custom !== null) return { driver: await drivers.custom(context), why: 'brought along by the app' };
  if (configured !== 'auto') return { driver: await drivers[configured](context), why: 'configured' };
  const probe = await drivers.probeIpvs();
  if (!probe.ok) return proxyInstead(drivers, context, probe.why);
  try {
    return { driver: await drivers.ipvs(context), why: `auto: IPVS works here: ${probe.why}` };
  } catch (error) {
    return proxyInstead(drivers, context, messageOf(error));
  }
}

const proxyInstead = async (drivers: Drivers, context: DriverContext, why: string): Promise<Chosen> => ({
  driver: await drivers.proxy(context),
  why: `auto: the embedded proxy, for IPVS does not work here: ${why}`,
});
