/** The hooks' actor with a directory of its own, without threads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { createHooks } from '../../../src/actors/hooks/index.js';
import type { HookConfig } from '../../../src/config/sections/hooks.js';
import type { EventBody } from '../../../src/model/observing/events.js';
import type { StateItem } from '../../../src/model/observing/state-item.js';
import { nsFromMs } from '../../../src/model/units.js';
import { observationLink } from '../../../src/wire/links/telemetry.js';
import { configWith } from '../../support/fixtures/config.js';
import { actorRig } from '../../support/rigs/actor-rig.js';

export function stateDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-hooks-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export const hook = (more: Partial<HookConfig>): HookConfig => ({
  name: 'tell',
  on: ['service-state', 'vrrp-transition'],
  names: [],
  to: [],
  command: null,
  url: null,
  fifo: null,
  mail: null,
  format: 'json',
  timeoutNs: nsFromMs(60_000),
  retries: 3,
  user: null,
  headers: {},
  caFile: null,
  tlsVerify: true,
  resync: true,
  ...more,
});

export const service = (healthy: boolean): StateItem => ({
  type: 'service',
  key: 'service/web',
  name: 'web',
  enabled: true,
  healthy,
  why: 'so',
});

export async function startHooks(t: ExecutionContext, directory: string, hooks: readonly HookConfig[]) {
  const config = configWith({ node: { name: 'lb1', stateDir: directory }, hooks });
  const rig = actorRig('hooks', config);
  const { peer, connect } = rig.link('observation', observationLink, 'b');
  const actor = await createHooks(rig.context);
  let stopped = false;
  const stop = async () => {
    if (!stopped) await actor.stop();
    stopped = true;
  };
  t.teardown(stop);
  connect();
  actor.begin?.();
  return {
    ...rig,
    stop,
    event: (body: EventBody) =>
      peer.out.next({ kind: 'event', event: { ...body, atMs: Date.now(), actor_name: 'engine' } }),
    state: (item: StateItem) => peer.out.next({ kind: 'state', item }),
    service: (healthy: boolean) =>
      peer.out.next({
        kind: 'event',
        event: { type: 'service-state', service: 'web', healthy, why: 'so', atMs: Date.now(), actor_name: 'engine' },
      }),
  };
}
