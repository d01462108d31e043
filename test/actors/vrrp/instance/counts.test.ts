import test from 'ava';
import { InstanceCounts } from '../../../../src/actors/vrrp/instance/counts.js';
import { ActorMeter } from '../../../../src/workers/host/meter.js';

const counts = () => {
  const meter = new ActorMeter();
  const instance = new InstanceCounts({ name: 'vi', interface: 'eth0', vrid: 7 }, meter);
  const taken = () =>
    Object.fromEntries(
      meter.take().flatMap((sample) => {
        if (sample.type === 'histogram') return [];
        const { direction, to, thread } = sample.labels;
        return [[[sample.name, direction ?? to ?? thread ?? ''].join(' ').trim(), sample.value]];
      }),
    );
  return { instance, taken };
};

test('every counter of an instance begins at zero, so that a rate sees its first event', (t) => {
  const { taken } = counts();
  t.deepEqual(taken(), {
    'fulcrum_vrrp_adverts_total sent': 0,
    'fulcrum_vrrp_adverts_total received': 0,
    'fulcrum_vrrp_adverts_total unsent': 0,
    'fulcrum_vrrp_adverts_hedged_total first': 0,
    'fulcrum_vrrp_adverts_hedged_total second': 0,
    'fulcrum_vrrp_adverts_hedged_total alone': 0,
    'fulcrum_vrrp_transitions_total init': 0,
    'fulcrum_vrrp_transitions_total backup': 0,
    'fulcrum_vrrp_transitions_total master': 0,
    'fulcrum_vrrp_transitions_total fault': 0,
    fulcrum_vrrp_dual_master_total: 0,
    keepalived_become_master_total: 0,
  });
});

test('what is counted between two flushes is told once', (t) => {
  const { instance, taken } = counts();
  taken();
  instance.sent = 3;
  instance.sentBySecond = 2;
  instance.changed('master');
  instance.flush();
  t.like(taken(), {
    'fulcrum_vrrp_adverts_total sent': 3,
    'fulcrum_vrrp_transitions_total master': 1,
    keepalived_become_master_total: 1,
  });
  instance.sent = 4;
  instance.flush();
  t.deepEqual(taken(), { 'fulcrum_vrrp_adverts_total sent': 1 });
});
