/** What VRRP counts. */
import { counter, defineMetrics, gauge, histogram, secondsFrom10us } from '../../model/observing/metrics.js';

export const metrics = defineMetrics({
  fulcrum_vrrp_state: gauge('0 init, 1 backup, 2 master, 3 fault', ['instance']),
  fulcrum_vrrp_missing: gauge('Addresses, routes and rules that a master should have, and has not', ['instance']),
  fulcrum_vrrp_adverts_total: counter('Adverts sent and received', ['instance', 'direction']),
  fulcrum_vrrp_adverts_hedged_total: counter(
    'Adverts at their deadlines, by the thread that sent them: the first or the second of two that waited, or the first alone',
    ['instance', 'thread'],
  ),
  fulcrum_vrrp_rejected_total: counter('Adverts that were not accepted', ['instance', 'reason']),
  fulcrum_vrrp_transitions_total: counter('Changes of state', ['instance', 'to']),
  fulcrum_vrrp_advert_lateness_seconds: histogram(
    'How long after its absolute deadline an advert was sent',
    ['instance'],
    secondsFrom10us,
  ),
  fulcrum_vrrp_peer_jitter_seconds: histogram(
    'Deviation of the peer’s advert spacing from its interval, by kernel receive time stamps',
    ['instance'],
    secondsFrom10us,
  ),
  fulcrum_vrrp_dual_master_total: counter(
    'Adverts of a second master that goes on beside this node; those of one that yields are not among them',
    ['instance'],
  ),
  fulcrum_vrrp_sync_group_state: gauge('0 init, 1 backup, 2 master, 3 fault', ['group']),
  fulcrum_vrrp_sync_group_transitions_total: counter('Changes of state of a sync group', ['group', 'to']),
  fulcrum_vrrp_realtime: gauge('1 where the VRRP thread has what is named', ['feature']),
  keepalived_vrrp_state: gauge('As the keepalived exporter: 0 init, 1 backup, 2 master, 3 fault', [
    'iname',
    'intf',
    'vrid',
    'ip_address',
  ]),
  keepalived_become_master_total: counter('As the keepalived exporter: times that this node became master', [
    'iname',
    'intf',
    'vrid',
  ]),
});
