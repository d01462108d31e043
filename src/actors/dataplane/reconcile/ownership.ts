/**
 * Which services of a table that outlives the process are ours: a small file in the state directory. What a crash leaves
 * unremembered is taken over again as soon as the configuration names it.
 */

import type { ServiceKey } from '../../../model/dataplane/table.js';
import type { Log } from '../../../model/observing/log.js';
import { openStateFile } from './state-file.js';

const schema = async () => (await import('./state-schemas.js')).ownershipFile;

const WITHOUT =
  'services that the configuration names are taken over; others that are ours count as another program’s, so remove those with ipvsadm -D';

export interface Ownership {
  has(key: ServiceKey): boolean;
  add(key: ServiceKey): void;
  delete(key: ServiceKey): void;
  /** Forgets what is not there any more: after a reboot, someone else may make it. */
  retain(isThere: (key: ServiceKey) => boolean): void;
  /** Resolves when what is owned now is on the disk, or could not be written (which was logged). */
  written(): Promise<void>;
}

/** For tables that end with the process: everything in them is ours. */
export const ownsEverything: Ownership = {
  has: () => true,
  add: () => {},
  delete: () => {},
  retain: () => {},
  written: async () => {},
};

export async function openOwnership(path: string, log: Log): Promise<Ownership> {
  const file = await openStateFile(path, schema, log, 'which services are ours', WITHOUT);
  const owned = new Set((file.initial?.services ?? []) as ServiceKey[]);
  const save = (): void => file.save(() => ({ version: 1, services: [...owned] }));
  return {
    has: (key) => owned.has(key),
    add: (key) => {
      if (owned.has(key)) return;
      owned.add(key);
      save();
    },
    delete: (key) => {
      if (owned.delete(key)) save();
    },
    retain: (isThere) => {
      const gone = [...owned].filter((key) => !isThere(key));
      for (const key of gone) owned.delete(key);
      if (gone.length > 0) save();
    },
    written: file.written,
  };
}
