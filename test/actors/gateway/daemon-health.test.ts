import test from 'ava';
import { Registry } from 'prom-client';
import { DaemonHealth } from '../../../src/actors/gateway/daemon-health.js';
import type { StateItem } from '../../../src/model/observing/state-item.js';
import { nsFromMs } from '../../../src/model/units.js';
import { until } from '../../support/until.js';

const engine: StateItem = {
  type: 'actor',
  key: 'actor/engine',
  view: { name: 'engine', thread_id: 1, state: 'running', restarts: 0, last_error: null, mailbox: 0 },
};

test('health_check_status follows what happens though nobody asks for the health', async (t) => {
  const registry = new Registry();
  let items: readonly StateItem[] = [engine];
  const health = new DaemonHealth({
    config: { timeoutNs: nsFromMs(1000), components: [] },
    version: '1',
    registry,
    items: () => items,
    askSupervisor: async () => undefined,
    nowMs: () => performance.now(),
    followMs: 1,
  });
  t.teardown(() => health.close());
  const is = async (status: string) =>
    (await registry.metrics()).includes(`health_check_status{service="fulcrum",status="${status}"} 1`);
  await until(() => is('healthy'));
  items = [];
  await until(() => is('unhealthy'));
  t.pass();
});

test('who asks right after a change is told of it, though a round was just made', async (t) => {
  let items: readonly StateItem[] = [engine];
  const health = new DaemonHealth({
    config: { timeoutNs: nsFromMs(1000), components: [] },
    version: '1',
    registry: new Registry(),
    items: () => items,
    askSupervisor: async () => undefined,
    nowMs: () => performance.now(),
    // Long after the test: there is no other round.
    followMs: 600_000,
  });
  t.teardown(() => health.close());
  t.is((await health.look(true)).health.status, 'healthy');
  items = [];
  await new Promise(setImmediate);
  t.is((await health.look(true)).health.status, 'unhealthy');
  t.is((await health.checker.checkReady()).status, 'unhealthy');
});
