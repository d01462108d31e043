/**
 * The driver that writes nothing: it keeps the table that IPVS would, refuses what IPVS would, and logs every change. No kernel
 * is there to ask for a scheduler, so its own are the ones there are.
 */

import {
  applyChange,
  type Change,
  type ChangeResult,
  changeWords,
  copyTable,
  done,
  type Misfit,
  type MutableTable,
} from '../../../model/dataplane/change.js';
import type { Entry } from '../../../model/dataplane/table.js';
import { ipvsSchedulers } from '../../../wire/ipvs/types.js';
import type { Acceptance, Counts, Driver, DriverContext } from '../../driver.js';
import { acceptIpvs } from '../ipvs/accept.js';

const misfitWords = { ENOENT: 'it is not there', EEXIST: 'it is there already' } as const satisfies Record<
  Misfit,
  string
>;

export async function openDryRun(context: Pick<DriverContext, 'log'>): Promise<Driver> {
  const table: MutableTable = new Map();
  return {
    kind: 'dry-run',
    capabilities: { outlivesProcess: false, shared: false, concurrent: true },
    accept,
    read: async () => copyTable(table),
    apply: async (changes) => changes.map((change) => applyOne(table, change, context.log)),
    counts: async (services) => countsOf(table, services ?? [...table.keys()]),
    vrrpChanged: async () => {},
    configure: () => {},
    close: async () => {},
  };
}

export { openDryRun as openDriver };

function accept(entry: Entry): Acceptance {
  const { scheduler } = entry.service;
  const answer = acceptIpvs(entry);
  if (answer.kind === 'refused' || ipvsSchedulers.some((name) => name === scheduler)) return answer;
  return { kind: 'refused', reason: `IPVS has no scheduler ${scheduler}, only ${ipvsSchedulers.join(' ')}` };
}

function applyOne(table: MutableTable, change: Change, log: DriverContext['log']): ChangeResult {
  const { what, text } = changeWords(change);
  const misfit = applyChange(table, change);
  if (misfit !== null) {
    return { ok: false, code: misfit, message: `${change.kind} ${what}: ${misfit}: ${misfitWords[misfit]}` };
  }
  log.info({ change: change.kind, service: change.service.name }, `dry run: ${text}`);
  return done;
}

/** Nothing flows, so nothing holds a drain back. */
const countsOf = (table: MutableTable, keys: Parameters<Driver['counts']>[0] & object): Counts =>
  new Map(
    keys.flatMap((key) => {
      const entry = table.get(key);
      if (entry === undefined) return [];
      const counts = new Map(Array.from(entry.destinations.keys(), (destination) => [destination, nothing] as const));
      return [[key, counts] as const];
    }),
  );

const nothing = { active: 0, inactive: 0, connections: 0, bytesIn: 0, bytesOut: 0 } as const;
