import test from 'ava';
import { overallOf, type Trouble, troublesOf } from '../../../src/machines/health/overall.js';
import type { StateItem } from '../../../src/model/observing/state-item.js';
import type { ActorView, VrrpView } from '../../../src/model/observing/views.js';
import { vrrpFixture } from '../../support/fixtures/views.js';
import { actorView } from '../../support/rigs/gateway-rig.js';

const actor = (view: ActorView): StateItem => ({ type: 'actor', key: `actor/${view.name}`, view });
const vrrp = (overrides: Partial<VrrpView>): StateItem => ({
  type: 'vrrp',
  key: 'vrrp/vi1',
  view: vrrpFixture('vi1', overrides),
});
const service = (name: string, healthy: boolean, enabled = true): StateItem => ({
  type: 'service',
  key: `service/${name}`,
  name,
  enabled,
  healthy,
  why: '0 of 2 backends healthy, 1 needed',
});
const engine = actor(actorView('engine'));
const look = (...items: StateItem[]) => overallOf(troublesOf([engine, ...items], () => false));

test('all is well while every service, instance and actor is', (t) => {
  t.deepEqual(look(service('web', true), vrrp({ state: 'master' }), vrrp({ state: 'backup' })), {
    state: 'healthy',
    why: '',
  });
});

test('a dead service is the state of the whole, one that was taken out is not', (t) => {
  t.deepEqual(look(service('web', false), service('api', true)), {
    state: 'unhealthy',
    why: 'service web: 0 of 2 backends healthy, 1 needed',
  });
  t.is(look(service('web', false, false)).state, 'healthy');
});

test('a VRRP instance in fault is the state of the whole, one that waits to start is degraded', (t) => {
  t.deepEqual(look(vrrp({ state: 'fault', why: 'interface eth0 is down' })), {
    state: 'unhealthy',
    why: 'vrrp vi1: interface eth0 is down',
  });
  t.is(look(vrrp({ state: 'init' })).state, 'degraded');
});

test('maintenance makes the whole degraded, and a service that is down counts for more', (t) => {
  const since = '2026-03-01T10:00:00.000Z';
  const maintenance: StateItem = { type: 'maintenance', key: 'maintenance', since };
  const why = `the node is in maintenance since ${since}`;
  t.deepEqual(look(maintenance, service('web', true)), { state: 'degraded', why });
  t.deepEqual(look(maintenance, service('web', false)), {
    state: 'unhealthy',
    why: `service web: 0 of 2 backends healthy, 1 needed; ${why}`,
  });
});

test('states of actors and what they mean', (t) => {
  const of = (view: ActorView, loops = false) => overallOf(troublesOf([actor(view)], () => loops));
  t.deepEqual(of(actorView('vrrp')), { state: 'healthy', why: '' });
  t.deepEqual(of(actorView('vrrp', { state: 'starting' })), { state: 'unhealthy', why: 'vrrp is starting' });
  t.deepEqual(of(actorView('vrrp', { state: 'restarting', restarts: 1, last_error: 'frozen for 1000 ms' })), {
    state: 'degraded',
    why: 'vrrp is being restarted (frozen for 1000 ms)',
  });
  t.deepEqual(of(actorView('vrrp', { state: 'stopping' })), { state: 'unhealthy', why: 'vrrp is stopping' });
  t.deepEqual(of(actorView('engine', { restarts: 3, last_error: 'boom' }), true), {
    state: 'degraded',
    why: 'engine restarts again and again: 3 times so far (boom)',
  });
  t.is(overallOf(troublesOf([], () => false)).why, 'no actor has reported yet');
});

test('the worst comes first, and of many reasons the rest is counted', (t) => {
  const troubles: Trouble[] = Array.from({ length: 7 }, (_, index) => ({
    about: 'service',
    name: `s${index}`,
    state: index === 6 ? 'unhealthy' : 'degraded',
    why: 'x',
  }));
  t.deepEqual(overallOf(troubles), {
    state: 'unhealthy',
    why: 'service s6: x; service s0: x; service s1: x; service s2: x; service s3: x; and 2 more',
  });
});
