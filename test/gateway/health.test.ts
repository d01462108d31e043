import test from 'ava';
import { CommandError } from '../../src/errors.js';
import { ActorsHealth } from '../../src/gateway/actors-health.js';
import { healthView, livenessView, readyView } from '../../src/gateway/schemas.js';
import { nsFromMs } from '../../src/wire/units.js';
import type { ActorView } from '../../src/wire/views.js';
import { actorView, type Rig, startRig } from '../support/gateway-rig.js';

const tellActor = (rig: Rig, view: ActorView) =>
  rig.tell('supervisor', { kind: 'state', item: { type: 'actor', key: `actor/${view.name}`, view } });
const later = (rig: Rig) => new Promise((resolve) => setTimeout(resolve, 300, rig));

test('unhealthy before any actor reported, healthy when all run', async (t) => {
  const rig = await startRig(t);
  const before = await rig.ask('GET', '/health');
  t.is(before.status, 503);
  t.is(healthView.parse(before.json()).status, 'unhealthy');
  tellActor(rig, actorView('engine'));
  await later(rig);
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
  t.regex(ready.components[1]?.message ?? '', /did not answer/);
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
    ['fulcrum-actors healthy', 'supervisor healthy', 'actors unhealthy', 'cache unhealthy'],
  );
});

test('states of actors and what they mean', async (t) => {
  const look = async (view: ActorView) => {
    const health = new ActorsHealth(
      () => [view],
      () => 0,
    );
    const { status, message } = await health.check();
    return [status, message ?? ''];
  };
  t.deepEqual(await look(actorView('vrrp')), ['healthy', '']);
  t.deepEqual(await look(actorView('vrrp', { state: 'starting' })), ['unhealthy', 'vrrp is starting']);
  t.deepEqual(await look(actorView('vrrp', { state: 'restarting', restarts: 1, last_error: 'frozen for 1000 ms' })), [
    'degraded',
    'vrrp is being restarted (frozen for 1000 ms)',
  ]);
  t.deepEqual(await look(actorView('vrrp', { state: 'stopping' })), ['unhealthy', 'vrrp is stopping']);
});

test('a crash loop is degraded while it lasts, a restart that healed is not', async (t) => {
  let nowMs = 0;
  let view = actorView('engine');
  const health = new ActorsHealth(
    () => [view],
    () => nowMs,
  );
  const restart = (afterMs: number) => {
    nowMs += afterMs;
    view = actorView('engine', { restarts: view.restarts + 1, last_error: 'boom' });
    health.observe(view);
  };
  health.observe(view);
  restart(1000);
  restart(1000);
  t.is((await health.check()).status, 'healthy');
  restart(1000);
  t.like(await health.check(), {
    status: 'degraded',
    message: 'engine restarts again and again: 3 times so far (boom)',
  });
  nowMs += 61_000;
  t.is((await health.check()).status, 'healthy');
  restart(1000);
  t.is((await health.check()).status, 'healthy', 'one more, later, is no loop');
});
