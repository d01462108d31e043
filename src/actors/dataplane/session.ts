/** A driver with all that works on it: the writer, the watch over drains, the traffic's metrics. */

import { join } from 'node:path';
import { chooseDriver, type Drivers } from '../../dataplane/choose.js';
import type { Driver } from '../../dataplane/driver.js';
import type { Config } from '../../model/config.js';
import type { DataplaneView } from '../../model/observing/dataplane-views.js';
import type { VrrpState } from '../../model/states.js';
import type { ActorContext } from '../../workers/actor.js';
import { backendTraffic } from './backend-traffic.js';
import type { BackendTraffic } from './calls.js';
import type { Draining } from './desired.js';
import { watchDrains } from './drain.js';
import type { ReconcilerSettings } from './reconcile/context.js';
import { openOwnership, ownsEverything } from './reconcile/ownership.js';
import { Reconciler } from './reconcile/reconciler.js';
import { loopTimers } from './timers.js';
import { meterTraffic } from './traffic.js';
import { viewTable } from './view.js';

export type Session = {
  readonly driver: Driver;
  /** Why this driver, for people. */
  readonly why: string;
  readonly writer: Reconciler;
  /** Something may drain now that did not before. */
  readonly lookAtDrains: () => void;
  readonly view: () => Promise<DataplaneView>;
  /** Of these services' backends; null = of all. In slices. */
  readonly traffic: (services: readonly string[] | null) => AsyncIterable<readonly BackendTraffic[]>;
  readonly vrrpChanged: (states: ReadonlyMap<string, VrrpState>) => Promise<void>;
  readonly configure: (config: Config) => void;
  readonly stop: (onStop: 'flush' | 'keep') => Promise<void>;
};

/** `tellConnections` is called about once a second for each destination that drains. */
export async function openSession(
  context: ActorContext,
  config: Config,
  drivers: Drivers,
  tellConnections: (draining: Draining, active: number) => void,
): Promise<Session> {
  let changed: (why: string) => void = () => {};
  const { driver, why } = await chooseDriver(config.dataplane.driver, drivers, {
    ...context,
    config,
    changed: (cause) => changed(cause),
  });
  const ownership = driver.capabilities.outlivesProcess
    ? await openOwnership(join(config.node.stateDir, `dataplane-${driver.kind}.json`), context.log)
    : ownsEverything;
  const inner = { log: context.log, meter: context.meter, event: context.event, now: context.now, after: loopTimers };
  const writer = new Reconciler(inner, driver, ownership, settingsOf(config));
  changed = (cause) => writer.changed(cause);
  const drains = watchDrains(writer, driver, inner, tellConnections);
  const stopMetering = meterTraffic(driver, () => writer.desired.entries, inner);
  return {
    driver,
    why,
    writer,
    lookAtDrains: drains.look,
    traffic: (services) =>
      backendTraffic(services, writer.desired.entries, (keys) => writer.ask(() => driver.counts(keys))),
    view: () => writer.ask(() => viewTable(driver, why, writer.desired.entries)),
    vrrpChanged: (states) => writer.ask(() => driver.vrrpChanged(states)),
    configure: (next) => {
      driver.configure(next);
      writer.configure(settingsOf(next));
    },
    stop: (onStop) => {
      drains.stop();
      stopMetering();
      return writer.stop(onStop);
    },
  };
}

const settingsOf = ({ dataplane }: Config): ReconcilerSettings => ({
  manage: dataplane.manage,
  maxRemovals: dataplane.maxRemovals,
  reconcileIntervalNs: dataplane.reconcileIntervalNs,
});
