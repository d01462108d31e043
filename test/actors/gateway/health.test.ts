import test from 'ava';
import { healthView, livenessView, readyView } from '../../../src/actors/gateway/http/schemas.js';
import { RestartLoops } from '../../../src/actors/gateway/restart-loops.js';
import { CommandError } from '../../../src/model/errors.js';
import type { ActorView } from '../../../src/model/observing/views.js';
import { overallView } from '../../../src/model/observing/views.js';
import { nsFromMs } from '../../../src/model/units.js';
import { actorView, type Rig, startRig } from '../../support/rigs/gateway-rig.js';
import { until } from '../../support/until.js';

const tellActor = (rig: Rig, view: ActorView) =>
  rig.tell('supervisor', { kind: 'state', item: { type: 'actor', key: `actor/${view.name}`, view } });
/** What /health said last is its answer for a moment. */
const becomes = (rig: Rig, wanted: string) =>
  until(async () => healthView.parse((await rig.ask('GET', '/health')).json()).status === wanted);

test('unhealthy before any actor reported, healthy when all run', async (t) => {
  const rig = await startRig(t);
  const before = await rig.ask('GET', '/health');
  t.is(before.status, 503);
  t.is(healthView.parse(before.json()).status, 'unhealthy');
  tellActor(rig, actorView('engine'));
  await becomes(rig, 'healthy');
  const after = await rig.ask('GET', '/health');
  t.is(after.status, 200);
  t.deepEqual(Object.keys(after.json() as object), ['status', 'version']);
  t.is((await rig.ask('HEAD', '/health')).text, '');
});

test('readiness names the actor and its reason, to those who may read it', async (t) => {
  const rig = await startRig(t);
  tellActor(rig, actorView('engine', { state: 'failed', restarts: 10, last_error: 'out of memory' }));
  const local = await rig.ask('GET', '/health/ready');
  t.is(local.status, 503);
  const ready = readyView.parse(local.json());
  t.deepEqual(
    ready.components.map(({ name, status, critical }) => [name, status, critical]),
    [
      ['actors', 'unhealthy', true],
      ['services', 'healthy', false],
      ['vrrp', 'healthy', false],
      ['maintenance', 'healthy', false],
      ['supervisor', 'healthy', false],
    ],
  );
  t.is(ready.components[0]?.message, 'engine failed and is not restarted any more (out of memory)');
  const forwarded = await rig.ask('GET', '/health/ready', {
    door: 'tcp',
    headers: { 'x-forwarded-for': '203.0.113.9' },
  });
  t.is(forwarded.status, 503);
  t.false(forwarded.text.includes('memory'));
});

test('liveness answers whatever is wrong', async (t) => {
  const rig = await startRig(t);
  tellActor(rig, actorView('engine', { state: 'failed' }));
  const answer = await rig.ask('GET', '/liveness');
  t.is(answer.status, 200);
  t.is(livenessView.parse(answer.json()).status, 'alive');
});

test('a supervisor that does not answer makes it degraded, not unhealthy', async (t) => {
  const rig = await startRig(t, {
    behaviour: {
      supervisor: {
        actors: () => {
          throw new CommandError('ERR_TIMEOUT', 'supervisor did not answer within 10000 ms');
        },
      },
    },
  });
  tellActor(rig, actorView('engine'));
  const answer = await rig.ask('GET', '/health/ready');
  t.is(answer.status, 200);
  const ready = readyView.parse(answer.json());
  t.is(ready.status, 'degraded');
  t.regex(ready.components.find(({ name }) => name === 'supervisor')?.message ?? '', /did not answer/);
});

test('configured components count, also after a reload, and may be called like ours', async (t) => {
  const rig = await startRig(t);
  tellActor(rig, actorView('engine'));
  const url = 'redis://127.0.0.1:1';
  const components = ['actors', 'cache'].map((name) => ({ name, type: 'redis', url, critical: false }) as const);
  rig.gateway.configure({ ...rig.config, health: { timeoutNs: nsFromMs(500), components } });
  const answer = await rig.ask('GET', '/health/ready');
  t.is(answer.status, 200);
  const ready = readyView.parse(answer.json());
  t.is(ready.status, 'degraded');
  t.deepEqual(
    ready.components.map(({ name, status }) => `${name} ${status}`),
    [
      'fulcrum-actors healthy',
      'services healthy',
      'vrrp healthy',
      'maintenance healthy',
      'supervisor healthy',
      'actors unhealthy',
      'cache unhealthy',
    ],
  );
});

test('a dead service makes /health degraded with its reason, and the whole unhealthy, until it is back', async (t) => {
  const rig = await startRig(t);
  tellActor(rig, actorView('engine'));
  const tellService = (healthy: boolean, enabled = true) =>
    rig.tell('engine', {
      kind: 'state',
      item: { type: 'service', key: 'service/web', name: 'web', enabled, healthy, why: '0 of 2 backends healthy' },
    });
  tellService(false);
  const health = await rig.ask('GET', '/health');
  t.is(health.status, 200);
  t.like(health.json(), { status: 'degraded', why: 'service web: 0 of 2 backends healthy' });
  const overall = { state: 'unhealthy', why: 'service web: 0 of 2 backends healthy' };
  t.deepEqual((await rig.ask('GET', '/api/v1/overall')).json(), overall);
  t.like((await rig.ask('GET', '/api/v1/status')).json(), { status: 'degraded', ...overall });
  const ready = await rig.ask('GET', '/health/ready');
  t.is(ready.status, 200);
  t.like(
    readyView.parse(ready.json()).components.find(({ name }) => name === 'services'),
    { status: 'unhealthy', critical: false, message: 'service web: 0 of 2 backends healthy' },
  );
  const forwarded = await rig.ask('GET', '/health', { door: 'tcp', headers: { 'x-forwarded-for': '203.0.113.9' } });
  t.like(forwarded.json(), { status: 'degraded', why: 'services: unhealthy' });
  tellService(false, false);
  t.deepEqual((await rig.ask('GET', '/api/v1/overall')).json(), { state: 'healthy', why: '' }, 'taken out on purpose');
  tellService(true);
  await becomes(rig, 'healthy');
});

test('a component that fails is in the whole, its message for those who may read it', async (t) => {
  const rig = await startRig(t);
  tellActor(rig, actorView('engine'));
  const cache = { name: 'cache', type: 'redis', url: 'redis://127.0.0.1:1', critical: true } as const;
  rig.gateway.configure({ ...rig.config, health: { timeoutNs: nsFromMs(30_000), components: [cache] } });
  const local = overallView.parse((await rig.ask('GET', '/api/v1/overall')).json());
  t.is(local.state, 'unhealthy');
  t.regex(local.why, /^cache: .*127\.0\.0\.1:1/);
  const headers = { 'x-forwarded-for': '203.0.113.9' };
  const forwarded = await rig.ask('GET', '/api/v1/overall', { door: 'tcp', headers });
  t.deepEqual(forwarded.json(), { state: 'unhealthy', why: 'cache: is unhealthy' });
});

test('a crash loop is one while it lasts, a restart that healed is not', (t) => {
  let nowMs = 0;
  let view = actorView('engine');
  const loops = new RestartLoops(() => nowMs);
  const restart = (afterMs: number) => {
    nowMs += afterMs;
    view = actorView('engine', { restarts: view.restarts + 1, last_error: 'boom' });
    loops.observe(view);
  };
  loops.observe(view);
  restart(1000);
  restart(1000);
  t.false(loops.loops(view));
  restart(1000);
  t.true(loops.loops(view));
  nowMs += 61_000;
  t.false(loops.loops(view));
  restart(1000);
  t.false(loops.loops(view), 'one more, later, is no loop');
});
