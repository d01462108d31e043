/** Which driver: the configured one, or for `auto` the first that works here. */

import { messageOf } from '../model/errors.js';
import { AUTO, CUSTOM, type DriverDescriptor, type DriverModule, type Probe } from './descriptor.js';
import type { Driver, DriverContext, OpenDriver } from './driver.js';
import { candidatesFor, drivers } from './drivers.js';

export type Drivers = {
  readonly known: readonly DriverDescriptor[];
  readonly load: (kind: string) => Promise<DriverModule>;
  /** The embedding app's own: it goes before whatever is configured. */
  readonly custom: OpenDriver | null;
};

/** `url` is the embedding app's own module, or null. */
export const driversWith = async (url: string | null): Promise<Drivers> => ({
  known: drivers,
  load: loadDriver,
  custom: url === null ? null : checked(await import(url), url).openDriver,
});

/** By the folder's name: descriptors are in the main thread too, where an app's bundler must find no system call. */
export const loadDriver = async (kind: string): Promise<DriverModule> =>
  checked(await import(`./drivers/${kind}/driver.js`), kind);

function checked(module: Partial<DriverModule>, name: string): DriverModule {
  if (typeof module.openDriver !== 'function') throw new Error(`the data-plane driver ${name} exports no openDriver`);
  return module as DriverModule;
}

/** `why` is for people: what was chosen, and for what reason. */
export type Chosen = { readonly driver: Driver; readonly why: string };

/** The kind that a setting means on this machine, as far as that can be told without opening it. */
export async function driverKind(configured: string, { known, load, custom }: Drivers): Promise<string> {
  if (custom !== null) return CUSTOM;
  const candidates = candidatesFor(configured, known);
  for (const { kind } of candidates.slice(0, -1)) if ((await probe(await load(kind))).ok) return kind;
  return candidates.at(-1)?.kind ?? configured;
}

/** Rejects where a driver that was asked for by name, or the last that `auto` may take, cannot work. */
export async function chooseDriver(
  configured: string,
  { known, load, custom }: Drivers,
  context: DriverContext,
): Promise<Chosen> {
  if (custom !== null) return { driver: await custom(context), why: 'brought along by the app' };
  const candidates = candidatesFor(configured, known);
  const failed: string[] = [];
  for (const { kind, title } of candidates.slice(0, -1)) {
    try {
      const module = await load(kind);
      const { ok, why } = await probe(module);
      if (ok) {
        const driver = await module.openDriver(context);
        return { driver, why: `auto: ${title} works here: ${[why, ...failed].join('; ')}` };
      }
      failed.push(`${title} does not work here: ${why}`);
    } catch (error) {
      failed.push(`${title} does not work here: ${messageOf(error)}`);
    }
  }
  const last = candidates.at(-1);
  if (last === undefined) throw new Error(`there is no data-plane driver '${configured}'`);
  const driver = await (await load(last.kind)).openDriver(context);
  return { driver, why: configured === AUTO ? `auto: ${last.title}, for ${failed.join('; ')}` : 'configured' };
}

const probe = async ({ probeDriver }: DriverModule): Promise<Probe> =>
  (await probeDriver?.()) ?? { ok: true, why: 'it works anywhere' };
