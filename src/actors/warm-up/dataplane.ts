/**
 * A writer that writes an imagined service, as messages for the kernel, into a table in memory before the real one writes any: code
 * that never ran takes several times as long, and the first backend that dies is to be taken out as soon as all that follow.
 */

import type { Driver } from '../../dataplane/driver.js';
import { openDryRun } from '../../dataplane/drivers/dry-run/driver.js';
import { netlinkRequestOf } from '../../dataplane/drivers/ipvs/kernel.js';
import { ipvsRequestOf } from '../../dataplane/drivers/ipvs/request.js';
import type { Config } from '../../model/config.js';
import type { DesiredDestination, DesiredService } from '../../model/dataplane/desired-service.js';
import type { Log } from '../../model/observing/log.js';
import type { Clock } from '../../model/units.js';
import { NS_PER_S, ns, port } from '../../model/units.js';
import { NetlinkClient } from '../../os/netlink/netlink.js';
import { spliceOf } from '../../wire/links/destination-splice.js';
import { isServiceNews, type ToDataplane, toDataplane } from '../../wire/links/tables.js';
import { dryContext } from '../../workers/host/dry-context.js';
import { ownsEverything } from '../dataplane/reconcile/ownership.js';
import { Reconciler } from '../dataplane/reconcile/reconciler.js';
import { loopTimers } from '../dataplane/timers.js';
import { DryNetlink } from './dry-netlink.js';

/** After half as many it gets no faster. */
const ROUNDS = 40;
const settings = { manage: 'all', maxRemovals: null, reconcileIntervalNs: ns(3600 * NS_PER_S) } as const;

/** Runs a writer until its code is warm. Nothing of it is written or left behind. */
export async function rehearse(config: Config): Promise<void> {
  const context = { ...dryContext(config, []), after: loopTimers };
  const writer = new Reconciler(context, await openDryIpvs(context), ownsEverything, settings);
  for (let round = 0; round < ROUNDS; round += 1) {
    const heard = toDataplane.decode(toDataplane.encode(messageOf(round)));
    if (heard.kind !== 'known' || !isServiceNews(heard.message)) throw new Error('a rehearsal was not understood');
    writer.touch(writer.desired.hear(heard.message), context.now());
    if (round === 0) writer.complete();
    await writer.written();
  }
  await writer.stop('keep');
}

async function openDryIpvs(context: { readonly log: Log; readonly now: Clock }): Promise<Driver> {
  const table = await openDryRun(context);
  const kernel = new NetlinkClient(() => new DryNetlink(), context.now);
  return {
    ...table,
    async apply(changes) {
      await kernel.send(changes.map((change) => netlinkRequestOf(ipvsRequestOf(change), 0)));
      return table.apply(changes);
    },
  };
}

/** Some services are told whole, most only what is different. */
function messageOf(round: number): ToDataplane {
  const service = serviceOf(round);
  const { name } = service;
  if (round % 8 === 0) return { kind: 'service', name, service };
  const splice = spliceOf(serviceOf(round - 1).destinations, service.destinations);
  if (splice === null) throw new Error('a rehearsal changes something each time');
  return { kind: 'splice', name, ...splice };
}

/** A backend comes and goes, and another one's weight changes. */
const serviceOf = (round: number): DesiredService => ({
  name: 'rehearsal',
  match: { kind: 'address', address: '192.0.2.1', port: port(80), protocol: 'tcp' },
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceNs: null,
  onePacket: false,
  destinations: [
    destination('a', '192.0.2.2', 1 + (round % 3)),
    ...(round % 2 === 0 ? [destination('b', '192.0.2.3', 1)] : []),
  ],
});

const destination = (backend: string, address: string, weight: number): DesiredDestination => ({
  backend,
  address,
  port: 80,
  weight,
  forwarding: 'nat',
  maxConnections: 0,
  tunnel: null,
  draining: false,
});
