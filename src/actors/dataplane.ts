/**
 * The dataplane actor: the only writer of the data plane. Takes the desired table from the engine, lets the writer keep the
 * driver's table equal to it, and tells the engine how draining destinations empty.
 */
import { join } from 'node:path';
import { merge, mergeMap } from 'rxjs';
import type { Config } from '../config/model.js';
import { type Chosen, chooseDriver } from '../dataplane/choose.js';
import type { Draining } from '../dataplane/desired.js';
import { watchDrains } from '../dataplane/drain.js';
import { drivers } from '../dataplane/drivers.js';
import { openOwnership, ownsEverything } from '../dataplane/ownership.js';
import { meterTraffic } from '../dataplane/traffic.js';
import { viewTable } from '../dataplane/view.js';
import { loopTimers, Writer, type WriterSettings } from '../dataplane/writer.js';
import type { DataplaneCalls, Reply, Request } from '../wire/requests.js';
import type { FromDataplane, ToDataplane } from '../wire/table-link.js';
import type { FromVrrp, VrrpState } from '../wire/vrrp-link.js';
import type { ActorContext, ActorFactory } from '../workers/actor.js';
import { serveCalls } from '../workers/rpc.js';

export const createDataplane: ActorFactory = async (context) => {
  let changed: (why: string) => void = () => {};
  const chosen = await chooseDriver(context.config.dataplane.driver, drivers, {
    ...context,
    changed: (why) => changed(why),
  });
  const { driver, why } = chosen;
  tellChoice(context, chosen);

  const ownership = driver.capabilities.outlivesProcess
    ? await openOwnership(join(context.config.node.stateDir, `dataplane-${driver.kind}.json`), context.log)
    : ownsEverything;
  const inner = { log: context.log, meter: context.meter, event: context.event, now: context.now, after: loopTimers };
  const writer = new Writer(inner, driver, ownership, settingsOf(context.config));
  changed = (cause) => writer.changed(cause);

  const engine = context.link<ToDataplane, FromDataplane>('engine');
  const drains = watchDrains(writer, driver, inner, ({ service, backend }: Draining, active) =>
    engine.out.next({ kind: 'connections', service, backend, active }),
  );
  const stopMetering = meterTraffic(driver, () => writer.desired.entries, inner);
  const subscriptions = [
    engine.connected$.subscribe(() => {
      writer.desired.restart();
      engine.out.next({ kind: 'driver', driver: driver.kind, why });
    }),
    engine.in$.subscribe((message) => {
      switch (message.kind) {
        case 'service':
          writer.touch(writer.desired.tell(message.name, message.service), context.now());
          return drains.look();
        case 'complete':
          return writer.complete();
        default:
          return message satisfies never;
      }
    }),
    followVrrp(context, (states) => writer.ask(() => driver.vrrpChanged(states))),
    merge(...['gateway', 'main'].map((asker) => context.links<Request<DataplaneCalls>, Reply>(asker))).subscribe(
      (link) =>
        serveCalls<DataplaneCalls>(link, {
          table: () => writer.ask(() => viewTable(driver, why, writer.desired.entries)),
          drift: () => writer.drift(),
        }),
    ),
  ];
  let onStop = context.config.dataplane.onStop;
  return {
    configure: (config) => {
      onStop = config.dataplane.onStop;
      driver.configure(config);
      writer.configure(settingsOf(config));
    },
    stop: async () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
      drains.stop();
      stopMetering();
      await writer.stop(onStop);
    },
  };
};

function tellChoice(context: ActorContext, { driver, why }: Chosen): void {
  const text = `the data plane is ${driver.kind} (${why})`;
  context.log.info({ driver: driver.kind }, text);
  context.event({ type: 'dataplane', op: 'driver', what: driver.kind, why });
  context.state('dataplane', { type: 'dataplane', key: 'dataplane', driver: driver.kind, why });
}

const settingsOf = ({ dataplane }: Config): WriterSettings => ({
  manage: dataplane.manage,
  maxRemovals: dataplane.maxRemovals,
  reconcileIntervalNs: dataplane.reconcileIntervalNs,
});

/** Connection synchronisation follows the VRRP state. */
function followVrrp(context: ActorContext, tell: (states: ReadonlyMap<string, VrrpState>) => Promise<void>) {
  const states = new Map<string, VrrpState>();
  return context
    .links<FromVrrp, never>('vrrp')
    .pipe(mergeMap((link) => link.in$))
    .subscribe(({ instance, state }) => {
      states.set(instance, state);
      tell(new Map(states)).catch((error: unknown) =>
        context.log.error({ instance, state }, `connection synchronisation did not follow: ${String(error)}`),
      );
    });
}
