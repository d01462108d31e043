/**
 * The dataplane actor: the only writer of the data plane. Takes the desired table from the engine, lets the writer keep the
 * driver's table equal to it, and tells the engine how draining destinations empty.
 */

import { join } from 'node:path';
import { map, mergeMap } from 'rxjs';
import { driverKind, driversWith, loadDriver } from '../../dataplane/choose.js';
import { drivers as known } from '../../dataplane/drivers.js';
import type { Config } from '../../model/config.js';
import type { ServiceKey } from '../../model/dataplane/table.js';
import { messageOf } from '../../model/errors.js';
import type { VrrpState } from '../../model/states.js';
import { fallenLink } from '../../wire/links/fallen.js';
import { tableLink } from '../../wire/links/tables.js';
import { vrrpStateLink } from '../../wire/links/vrrp-states.js';
import type { ActorContext, ActorFactory } from '../../workers/actor.js';
import { serveCalls } from '../../workers/links/rpc.js';
import { namesOf } from '../descriptor.js';
import { monitor } from '../monitor/descriptor.js';
import { rehearse } from '../warm-up/dataplane.js';
import { type DataplaneCalls, dataplaneCalls } from './calls.js';
import type { Draining } from './desired.js';
import { editRuntime } from './edit-runtime.js';
import { Unanswered } from './fallen/unanswered.js';
import { RuntimeServices } from './runtime-services.js';
import { openSession, type Session } from './session.js';
import { loopTimers } from './timers.js';

/** Named in one event: more say no more. */
const TOLD_SERVICES = 5;

/** What reads the state files, and the drivers: they are loaded where they are needed. */
export const loadReader = (): Promise<unknown> =>
  Promise.all([import('./reconcile/state-schemas.js'), ...known.map(({ kind }) => loadDriver(kind))]);

export const createDataplane: ActorFactory = async (context) => {
  await rehearse(context.config);
  const engine = context.link(tableLink, 'b');
  const drivers = await driversWith(context.driverModule);
  const tellConnections = ({ service, backend }: Draining, active: number) =>
    engine.out.next({ kind: 'connections', service, backend, active });
  let config = context.config;
  let session = await openSession(context, config, drivers, tellConnections);
  session.writer.hold();
  let begun = false;
  let switching: Promise<void> = Promise.resolve();
  const vrrpStates = new Map<string, VrrpState>();

  const tellVrrp = () =>
    session.vrrpChanged(new Map(vrrpStates)).catch((error: unknown) => {
      context.log.error({}, `connection synchronisation did not follow VRRP: ${String(error)}`);
    });
  tellChoice(context, session);

  const runtime = await RuntimeServices.open(join(context.config.node.stateDir, 'runtime-services.json'), context.log);
  const tellRuntime = () => {
    const { writer } = session;
    for (const service of runtime.all) writer.touch(writer.desired.tell(service.name, service));
  };
  tellRuntime();

  const unanswered = new Unanswered(loopTimers, (fallen) => {
    const { writer } = session;
    const keys = writer.desired.withhold(fallen);
    if (keys.length === 0) return;
    writer.touch(keys, context.now());
    tellWithheld(context, keys, fallen.size);
  });

  const subscriptions = [
    engine.connected$.subscribe(() => {
      session.writer.desired.restart();
      tellRuntime();
    }),
    engine.in$.subscribe((message) => {
      const { writer } = session;
      switch (message.kind) {
        case 'service':
        case 'splice':
          writer.touch(writer.desired.hear(message), context.now());
          return session.lookAtDrains();
        case 'complete':
          return writer.complete();
        case 'heard':
          return unanswered.answer(message.shard, message.until);
        default:
          return message satisfies never;
      }
    }),
    context
      .links(fallenLink, 'b')
      .pipe(mergeMap(({ peer, in$ }) => in$.pipe(map((message) => ({ shard: peer, message })))))
      .subscribe(({ shard, message }) => unanswered.hear(shard, message)),
    context
      .links(vrrpStateLink, 'b')
      .pipe(mergeMap((link) => link.in$))
      .subscribe(({ instance, state }) => {
        vrrpStates.set(instance, state);
        void tellVrrp();
      }),
    context.links(dataplaneCalls, 'b').subscribe((link) =>
      serveCalls<DataplaneCalls>(link, {
        table: () => session.view(),
        traffic: ({ services }) => session.traffic(services),
        drift: () => session.writer.drift(),
        'edit-runtime': (edit) => editRuntime(edit, runtime, () => session),
      }),
    ),
  ];

  /** The new driver serves everything before the old one lets go. */
  async function switchDriver(wanted: Config): Promise<void> {
    if ((await driverKind(wanted.dataplane.driver, drivers)) === session.driver.kind) return;
    const old = session;
    const next = await openSession(context, wanted, drivers, tellConnections);
    // There may have been another reload meanwhile.
    next.configure(config);
    next.writer.touch(next.writer.desired.inherit(old.writer.desired));
    if (old.writer.desired.complete) next.writer.complete();
    session = next;
    tellChoice(context, session);
    void tellVrrp();
    session.lookAtDrains();
    await next.writer.written();
    await old.stop('flush');
  }

  return {
    begin: () => {
      begun = true;
      session.writer.release();
    },
    configure: (wanted) => {
      const before = config.dataplane.driver;
      config = wanted;
      session.configure(wanted);
      unanswered.keep(new Set(namesOf(monitor, wanted)));
      if (wanted.dataplane.driver === before) return;
      switching = switching
        .then(() => switchDriver(wanted))
        .catch((error: unknown) => {
          const why = `the data plane stays ${session.driver.kind}: ${messageOf(error)}`;
          context.event({ type: 'dataplane', op: 'driver refused', what: wanted.dataplane.driver, why });
          context.log.error({ driver: wanted.dataplane.driver }, why);
        });
    },
    stop: async () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
      unanswered.stop();
      await switching;
      // A life that wrote nothing leaves what an earlier one wrote.
      await session.stop(begun ? config.dataplane.onStop : 'keep');
      await runtime.written();
    },
  };
};

function tellWithheld(context: ActorContext, services: readonly ServiceKey[], targets: number): void {
  const why =
    targets === 0
      ? 'the engine answers again, and decides'
      : `${targets} ${targets === 1 ? 'check has' : 'checks have'} failed, and the engine does not answer`;
  const what = [...services.slice(0, TOLD_SERVICES), ...(services.length > TOLD_SERVICES ? ['...'] : [])].join(', ');
  context.log.warn({ services: services.length }, `${what}: ${why}`);
  context.event({ type: 'dataplane', op: 'engine silent', what, why });
}

function tellChoice(context: ActorContext, { driver, why }: Session): void {
  const text = `the data plane is ${driver.kind} (${why})`;
  context.log.info({ driver: driver.kind }, text);
  context.event({ type: 'dataplane', op: 'driver', what: driver.kind, why });
  context.state('dataplane', { type: 'dataplane', key: 'dataplane', driver: driver.kind, why });
}
