/**
 * An engine that decides about an imagined service before the real one decides about any: code that never ran takes several times
 * as long, and the first backend that dies is to be taken out as soon as all that follow.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IcmpCheck } from '../../checks/icmp/index.js';
import { plainCheck } from '../../checks/probing/plain-check.js';
import type { BackendConfig, Config, ServiceConfig } from '../../model/config.js';
import type { TargetKey } from '../../model/states.js';
import { nsFromMs, port } from '../../model/units.js';
import { tableLink } from '../../wire/links/tables.js';
import { type TargetStatus, targetsLink } from '../../wire/links/targets.js';
import type { Actor, ActorContext } from '../../workers/actor.js';
import { dryContext } from '../../workers/host/dry-context.js';
import { linkPair } from '../../workers/links/link-pair.js';
import { risen } from './risen-target.js';

/** After half as many it gets no faster. */
const ROUNDS = 40;

/** Runs the engine that `start` makes until its code is warm. Nothing of it is written, sent or left behind. */
export async function rehearse(config: Config, start: (context: ActorContext) => Actor): Promise<void> {
  const monitor = linkPair('dry-0', targetsLink);
  const dataplane = linkPair('dry', tableLink);
  const keys: TargetKey[] = [];
  monitor.b.in$.subscribe((message) => {
    if (message.kind === 'assign') keys.push(...message.targets.map(({ key }) => key));
  });
  const dry = { ...config, services: [service], runtime: { ...config.runtime, monitorShards: 1 } };
  const engine = start(dryContext(dry, [monitor.a, dataplane.a]));
  await nextTurn();
  monitor.b.out.next({ kind: 'complete', statuses: keys.map(risen) });
  const mortal = keys.slice(0, 1);
  for (let round = 0; round < ROUNDS; round += 1) {
    await nextTurn();
    monitor.b.out.next({ kind: 'transitions', statuses: mortal.map(round % 2 === 0 ? fallen : risen) });
  }
  await nextTurn();
  await engine.stop();
}

const fallen = (key: TargetKey): TargetStatus => ({
  ...risen(key),
  state: 'unhealthy',
  failures: 1,
  successes: 0,
  cause: 'refused',
  message: 'connection refused',
});

const ping: IcmpCheck = { ...plainCheck, type: 'icmp', payloadSize: 0 };
const backend = (name: string, address: string): BackendConfig => ({
  name,
  address,
  port: port(80),
  weight: 1,
  maxConnections: 0,
  enabled: true,
  forwarding: null,
  tunnel: null,
  checks: [ping],
});

const service: ServiceConfig = {
  name: 'rehearsal',
  match: { kind: 'address', address: '192.0.2.1', port: port(80), protocol: 'tcp' },
  scheduler: 'rr',
  schedulerFlags: [],
  forwarding: 'nat',
  persistenceNs: null,
  persistenceGranularity: null,
  onePacket: false,
  watermarks: { low: { kind: 'count', count: 0 }, high: { kind: 'count', count: 0 }, by: 'count' },
  checksWhen: 'always',
  onUnhealthy: 'remove',
  drainTimeoutNs: nsFromMs(1000),
  sorry: null,
  enabled: true,
  backends: [backend('a', '192.0.2.2'), backend('b', '192.0.2.3')],
};
