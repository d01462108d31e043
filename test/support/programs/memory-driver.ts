/** A data-plane driver as an embedding app may bring one: it keeps a table in memory and writes what it did to stdout's file. */
import { appendFileSync } from 'node:fs';
import type { OpenDriver } from '../../../src/dataplane/driver.js';
import { openDryRun } from '../../../src/dataplane/drivers/dry-run/driver.js';

export const openDriver: OpenDriver = async (context) => {
  const driver = await openDryRun(context);
  const file = `${context.config.node.stateDir}/changes`;
  return {
    ...driver,
    kind: 'custom',
    accept: (entry) => driver.accept(entry),
    read: () => driver.read(),
    apply: (changes) => {
      for (const change of changes) appendFileSync(file, `${change.kind}\n`);
      return driver.apply(changes);
    },
    counts: (services) => driver.counts(services),
    vrrpChanged: (states) => driver.vrrpChanged(states),
    configure: (config) => driver.configure(config),
    close: (onStop) => driver.close(onStop),
  };
};
