/** Every data-plane driver: one line each. */
import { AUTO, type DriverDescriptor } from './descriptor.js';
import { dryRun } from './drivers/dry-run/index.js';
import { ipvs } from './drivers/ipvs/index.js';
import { proxy } from './drivers/proxy/index.js';

export const drivers = [ipvs, proxy, dryRun] as const satisfies readonly DriverDescriptor[];

/** The driver that a configuration names; undefined where it leaves the choice to `auto`. */
export const driverNamed = (word: string | undefined): DriverDescriptor | undefined =>
  drivers.find(({ kind }) => kind === word);

/** What a word of the configuration may come to: one driver, or for `auto` those that it tries, in order. */
export const candidatesFor = (
  configured: string,
  known: readonly DriverDescriptor[] = drivers,
): readonly DriverDescriptor[] =>
  configured === AUTO
    ? known.filter(({ priority }) => priority !== null).toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0))
    : known.filter(({ kind }) => kind === configured);
