/** The engine by itself: its shard, its data plane, VRRP and whoever asks are the test. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type EngineCalls, engineCalls } from '../../../src/actors/engine/calls.js';
import { createEngine } from '../../../src/actors/engine/index.js';
import type { Config, ServiceConfig } from '../../../src/model/config.js';
import type { DesiredService } from '../../../src/model/dataplane/desired-service.js';
import type { Link } from '../../../src/model/link.js';
import type { CheckWeight } from '../../../src/model/probe.js';
import type { TargetState, VrrpState } from '../../../src/model/states.js';
import { ns } from '../../../src/model/units.js';
import type { Reply, Request } from '../../../src/wire/links/calls.js';
import { spliced } from '../../../src/wire/links/destination-splice.js';
import { isServiceNews, type ToDataplane, tableLink } from '../../../src/wire/links/tables.js';
import {
  type TargetAssignment,
  type TargetStatus,
  type ToMonitor,
  targetsLink,
} from '../../../src/wire/links/targets.js';
import { trackingLink, vrrpStateLink } from '../../../src/wire/links/vrrp-states.js';
import { createCaller } from '../../../src/workers/links/rpc.js';
import { configWith } from '../fixtures/config.js';
import { actorRig } from './actor-rig.js';

/** What was sent is delivered and acted on. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** An engine, with everybody whom it talks to played by the test. */
export async function startEngine(
  t: Pick<ExecutionContext, 'teardown'>,
  services: ServiceConfig[],
  overrides: Partial<Config> = {},
) {
  const stateDir = overrides.node?.stateDir ?? mkdtempSync(join(tmpdir(), 'fulcrum-engine-'));
  const config = configWith({ services, node: { name: 'test', stateDir }, ...overrides });
  const rig = actorRig('engine', config);
  const monitor = rig.link('monitor-0', targetsLink, 'a');
  const dataplane = rig.link('dataplane', tableLink, 'a');
  const main = rig.link('main', engineCalls, 'b');
  const vrrp = rig.link('vrrp', vrrpStateLink, 'b');
  const tracking = rig.link('vrrp', trackingLink, 'a');
  const engine = await createEngine(rig.context);
  t.teardown(() => engine.stop());
  const { call } = createCaller<EngineCalls>(main.peer as Link<Reply, Request<EngineCalls>>);
  main.connect();
  monitor.connect();
  dataplane.connect();
  await turn();
  monitor.peer.out.next({ kind: 'complete', statuses: [] });
  await turn();

  const assigned = () => {
    const targets = new Map<string, TargetAssignment>();
    for (const message of monitor.received as ToMonitor[]) {
      if (message.kind === 'assign') for (const target of message.targets) targets.set(target.key, target);
      if (message.kind === 'unassign') for (const key of message.keys) targets.delete(key);
    }
    return [...targets.values()];
  };
  /** The shard reports the state of the targets at an address. */
  const report = (state: TargetState, ...lastBytes: number[]) => tell(state, {}, lastBytes);
  /** They are healthy, and say so of the weight. */
  const weigh = (weight: CheckWeight, ...lastBytes: number[]) => tell('healthy', { weight }, lastBytes);
  const tell = async (state: TargetState, more: Pick<TargetStatus, 'weight'>, lastBytes: readonly number[]) => {
    const statuses = assigned()
      .filter(({ spec }) => lastBytes.some((last) => spec.host === `10.0.0.${last}`))
      .map(({ key }): TargetStatus => {
        const cause = state === 'healthy' ? null : ('refused' as const);
        const message = state === 'healthy' ? 'connected' : 'connection refused';
        const common = { key, failures: 0, successes: 1, probes: 1, passed: 1, durationNs: ns(1e6) };
        return { ...common, state, lastCheckMs: Date.now(), cause, message, ...more };
      });
    monitor.peer.out.next({ kind: 'transitions', statuses });
    await turn();
  };
  const table = (name: string): DesiredService | null | undefined => {
    let told: DesiredService | null | undefined;
    for (const message of dataplane.received as ToDataplane[]) {
      if (!isServiceNews(message) || message.name !== name) continue;
      if (message.kind === 'service') told = message.service;
      else if (told)
        told = { ...told, destinations: spliced(told.destinations, message.at, message.count, message.destinations) };
    }
    return told;
  };
  const weights = (name: string) =>
    Object.fromEntries((table(name)?.destinations ?? []).map((each) => [each.backend, each.weight]));
  const becomes = async (instance: string, state: VrrpState) => {
    vrrp.peer.out.next({ kind: 'vrrp-state', instance, state, why: 'a test' });
    await turn();
  };
  return { becomes, rig, engine, config, monitor, dataplane, tracking, call, assigned, report, weigh, table, weights };
}
