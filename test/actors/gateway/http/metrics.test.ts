import test from 'ava';
import { Counter, Registry } from 'prom-client';
import { exposition } from '../../../../src/actors/gateway/http/prometheus.js';
import { metrics } from '../../../../src/actors/monitor/metrics.js';
import { Store } from '../../../../src/machines/telemetry/store.js';
import type { BackendState } from '../../../../src/model/states.js';
import { allMetrics } from '../../../support/fixtures/metrics.js';
import { vrrpFixture } from '../../../support/fixtures/views.js';
import { actorView, startRig } from '../../../support/rigs/gateway-rig.js';

const build = { version: '1.2.3', node: 'lb1' };
const linesOf = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));

test('every declared metric is there with its help and type, also before anything happened', async (t) => {
  const text = await exposition(new Store({ epoch: 'e', metrics: allMetrics }), build);
  for (const { name, type } of allMetrics) {
    t.true(text.includes(`# TYPE ${name} ${type}\n`), name);
    t.true(text.includes(`# HELP ${name} `), name);
  }
  t.deepEqual(linesOf(text, 'fulcrum_ipvs_drift_total'), ['fulcrum_ipvs_drift_total 0']);
  t.deepEqual(linesOf(text, 'fulcrum_reload_success'), [], 'nothing was refused');
});

test('counters and histograms of all actors are added up; buckets are cumulative', async (t) => {
  const store = new Store({ epoch: 'e', metrics: allMetrics });
  const labels = { type: 'tcp', result: 'healthy' };
  for (const actor of ['monitor-0', 'monitor-1']) {
    store.apply(actor, {
      kind: 'metrics',
      samples: [
        { type: 'counter', name: 'fulcrum_checks_total', labels, value: 3 },
        {
          type: 'histogram',
          name: 'fulcrum_check_duration_seconds',
          labels: { type: 'tcp' },
          buckets: metrics.fulcrum_check_duration_seconds.buckets.map((_, index) => (index < 2 ? 1 : 0)).concat(1),
          sum: 20,
        },
      ],
    });
  }
  const text = await exposition(store, build);
  t.deepEqual(linesOf(text, 'fulcrum_checks_total'), ['fulcrum_checks_total{type="tcp",result="healthy"} 6']);
  const buckets = linesOf(text, 'fulcrum_check_duration_seconds_bucket');
  t.is(buckets[0], 'fulcrum_check_duration_seconds_bucket{type="tcp",le="0.0001"} 2');
  t.is(buckets[1], 'fulcrum_check_duration_seconds_bucket{type="tcp",le="0.0005"} 4');
  t.is(buckets.at(-1), 'fulcrum_check_duration_seconds_bucket{type="tcp",le="+Inf"} 6');
  t.deepEqual(linesOf(text, 'fulcrum_check_duration_seconds_count'), [
    'fulcrum_check_duration_seconds_count{type="tcp"} 6',
  ]);
  t.deepEqual(linesOf(text, 'fulcrum_check_duration_seconds_sum'), [
    'fulcrum_check_duration_seconds_sum{type="tcp"} 40',
  ]);
});

test('gauges that the pushed state holds are made from it', async (t) => {
  const store = new Store({ epoch: 'e', metrics: allMetrics });
  const backend = (name: string, state: BackendState) =>
    store.apply('engine', {
      kind: 'state',
      item: {
        type: 'backend',
        key: `backend/web/${name}`,
        service: 'web',
        name,
        address: '10.0.0.1',
        port: 80,
        weight: 1,
        state,
        why: '',
        drained: false,
      },
    });
  store.apply('engine', {
    kind: 'state',
    item: { type: 'service', key: 'service/web', name: 'web', enabled: true, healthy: true, why: '' },
  });
  backend('a', 'healthy');
  backend('b', 'healthy');
  backend('c', 'draining');
  const held = (['set', 'absent'] as const).map((state) => ({ kind: 'route', text: '', state, why: null }) as const);
  for (const view of [vrrpFixture('vi1', { held }), vrrpFixture('vi2', { held, state: 'backup', addresses: [] })]) {
    store.apply('vrrp', { kind: 'state', item: { type: 'vrrp', key: `vrrp/${view.name}`, view } });
  }
  store.apply('supervisor', {
    kind: 'state',
    item: { type: 'actor', key: 'actor/engine', view: actorView('engine', { mailbox: 5 }) },
  });
  const text = await exposition(store, build);
  t.deepEqual(linesOf(text, 'fulcrum_backends'), [
    'fulcrum_backends{service="web",state="unknown"} 0',
    'fulcrum_backends{service="web",state="healthy"} 2',
    'fulcrum_backends{service="web",state="unhealthy"} 0',
    'fulcrum_backends{service="web",state="draining"} 1',
    'fulcrum_backends{service="web",state="disabled"} 0',
  ]);
  t.deepEqual(linesOf(text, 'fulcrum_service_healthy'), ['fulcrum_service_healthy{service="web"} 1']);
  t.deepEqual(linesOf(text, 'fulcrum_service_enabled'), ['fulcrum_service_enabled{service="web"} 1']);
  t.deepEqual(linesOf(text, 'fulcrum_build_info'), ['fulcrum_build_info{version="1.2.3",node="lb1"} 1']);
  t.deepEqual(linesOf(text, 'fulcrum_vrrp_state'), [
    'fulcrum_vrrp_state{instance="vi1"} 2',
    'fulcrum_vrrp_state{instance="vi2"} 1',
  ]);
  t.deepEqual(linesOf(text, 'fulcrum_vrrp_missing'), [
    'fulcrum_vrrp_missing{instance="vi1"} 1',
    'fulcrum_vrrp_missing{instance="vi2"} 0',
  ]);
  t.deepEqual(linesOf(text, 'keepalived_vrrp_state'), [
    'keepalived_vrrp_state{iname="vi1",intf="eth0",vrid="60",ip_address="10.0.0.100"} 2',
  ]);
  t.deepEqual(linesOf(text, 'fulcrum_actor_mailbox'), ['fulcrum_actor_mailbox{actor="engine"} 5']);
  store.apply('engine', { kind: 'state-gone', key: 'service/web' });
  for (const name of ['a', 'b', 'c']) store.apply('engine', { kind: 'state-gone', key: `backend/web/${name}` });
  t.deepEqual(linesOf(await exposition(store, build), 'fulcrum_backends'), []);
});

test('label values are escaped, so that a name cannot forge a line', async (t) => {
  const store = new Store({ epoch: 'e', metrics: allMetrics });
  const name = 'a"} 1\nfulcrum_forged 1\n\\';
  store.apply('engine', {
    kind: 'state',
    item: { type: 'service', key: 'x', name, enabled: true, healthy: true, why: '' },
  });
  const text = await exposition(store, build);
  t.deepEqual(linesOf(text, 'fulcrum_service_healthy'), [
    'fulcrum_service_healthy{service="a\\"} 1\\nfulcrum_forged 1\\n\\\\"} 1',
  ]);
  t.deepEqual(linesOf(text, 'fulcrum_forged'), []);
});

test('what the thread itself counts with prom-client is added', async (t) => {
  const registry = new Registry();
  new Counter({ name: 'own_total', help: 'h', registers: [registry] }).inc(2);
  t.deepEqual(
    linesOf(await exposition(new Store({ epoch: 'e', metrics: allMetrics }), build, [registry]), 'own_total'),
    ['own_total 2'],
  );
});

test('/metrics has Prometheus’ content type, on its own listener too, and counts health checks', async (t) => {
  const rig = await startRig(t, { config: { metrics: { listen: { host: '127.0.0.1', port: 0 } } } });
  t.is((await rig.ask('GET', '/health')).status, 503);
  const answer = await rig.ask('GET', '/metrics', { door: 'metrics' });
  t.is(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  t.true(answer.text.endsWith('\n'));
  t.true(answer.text.includes('health_check_status{service="fulcrum",status="unhealthy"} 1\n'));
  t.is(answer.text.match(/# TYPE health_check_status gauge/g)?.length, 1);
});
