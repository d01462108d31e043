/**
 * The writer and the IPVS driver on a thread of their own, as the dataplane actor has them: what the engine would send comes
 * over a port in the engine's encoding, and what was measured goes back.
 */
import { parentPort } from 'node:worker_threads';
import { diff } from '../../src/actors/dataplane/reconcile/diff.js';
import { ownsEverything } from '../../src/actors/dataplane/reconcile/ownership.js';
import { Reconciler } from '../../src/actors/dataplane/reconcile/reconciler.js';
import { loopTimers } from '../../src/actors/dataplane/timers.js';
import type { Driver, DriverContext } from '../../src/dataplane/driver.js';
import { openIpvs } from '../../src/dataplane/drivers/ipvs/driver.js';
import type { Change } from '../../src/model/dataplane/change.js';
import { ns } from '../../src/model/units.js';
import { monotonicNow } from '../../src/os/clock/clock.js';
import { isServiceNews, toDataplane } from '../../src/wire/links/tables.js';
import { ActorMeter } from '../../src/workers/host/meter.js';
import { type FromWriterThread, LAST_SERVICE, type ToWriterThread } from './writer-link.js';

const port = parentPort;
if (port === null) throw new Error('this module is a thread');
const say = (message: FromWriterThread): void => port.postMessage(message);

const nothing = (): void => undefined;
const log = { trace: nothing, debug: nothing, info: nothing, warn: console.error, error: console.error };
const context = { name: 'bench', now: monotonicNow, log, event: nothing, meter: new ActorMeter(), changed: nothing };
// Without connection synchronisation the driver asks nothing else of its surroundings.
const readEnvironment = { ...context, config: { dataplane: { sync: null } } } as unknown as DriverContext;

const driver = acknowledged(await openIpvs(readEnvironment));
const settings = { manage: 'all', maxRemovals: null, reconcileIntervalNs: ns(3600e9) } as const;
const writer = new Reconciler({ ...context, after: loopTimers }, driver, ownsEverything, settings);

/** Tells the time at which the kernel has acknowledged each call. */
function acknowledged(inner: Driver): Driver {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'apply') return typeof value === 'function' ? value.bind(target) : value;
      return async (changes: readonly Change[]) => {
        const results = await target.apply(changes);
        const failed = results.find((result) => !result.ok);
        say({
          kind: 'acknowledged',
          atNs: monotonicNow(),
          changes: changes.length,
          failure: failed?.ok === false ? failed.message : null,
        });
        return results;
      };
    },
  });
}

/** A look at the whole table, compared with the desired one: what a reconcile does. */
async function reconcile(): Promise<void> {
  const startNs = monotonicNow();
  const table = await driver.read();
  const readNs = monotonicNow();
  const { changes } = diff(table, writer.desired.entries, { only: null, mayRemove: () => true, maxRemovals: null });
  const entries = [...table.values()].reduce((sum, { destinations }) => sum + 1 + destinations.size, 0);
  say({
    kind: 'reconciled',
    readNs: readNs - startNs,
    diffNs: monotonicNow() - readNs,
    entries,
    changes: changes.length,
  });
}

port.on('message', (message: ToWriterThread) => {
  if (message === 'reconcile') {
    void reconcile();
    return;
  }
  const decoded = toDataplane.decode(message);
  if (decoded.kind !== 'known') throw new Error(`a message of the bench: ${JSON.stringify(decoded)}`);
  const told = decoded.message;
  if (told.kind === 'complete') {
    writer.complete();
    return;
  }
  if (!isServiceNews(told)) return;
  const keys = writer.desired.hear(told);
  writer.touch(keys, monotonicNow());
  const [key] = keys;
  if (told.name === LAST_SERVICE && key !== undefined && writer.desired.entries.has(key)) {
    void writer.outcomeOf(key).then(() => say({ kind: 'written', atNs: monotonicNow() }));
  }
});
say({ kind: 'ready' });
