import { all, BFD, BUFFERS, BURSTS, GROUPS, LINK, READ, type Words } from './words.js';

const RFC = 'Fulcrum does as RFC 9568 says';

export const vrrpKeywords = {
  vrrp_instance: {
    ...all(
      READ,
      `interface virtual_router_id priority advert_int virtual_ipaddress state preempt nopreempt preempt_delay unicast_peer
      unicast_src_ip mcast_src_ip track_interface version garp_master_repeat garp_master_refresh lvs_sync_daemon_interface native_ipv6
      virtual_ipaddress_excluded virtual_routes virtual_rules garp_master_delay garp_master_refresh_repeat
      authentication auth_hmac notify_master notify_backup notify_fault notify_stop notify smtp_alert
      track_script track_file track_process use_vmac vmac_xmit_base`,
    ),
    notify_deleted: 'an instance that is removed ends as at a stop: a hook with `to: [init]` is told',
    ...all('no hook is told of it', 'notify_master_rx_lower_pri notify_priority_changes'),
    ...all(BURSTS, 'garp_lower_prio_delay garp_lower_prio_repeat garp_extra_if vmac_garp_intvl'),
    ...all(
      RFC,
      `down_timer_adverts timer_expired_backup thread_timer_expired lower_prio_no_advert higher_prio_send_advert owner_ignore_adverts
      strict_mode skip_check_adv_addr check_unicast_src unicast_fault_no_peer`,
    ),
    use_vmac_addr: 'an instance of Fulcrum has its addresses on one interface: its own, or the one of `vmac` over it',
    use_ipvlan: 'Fulcrum makes no ipvlan interfaces: `vmac: true` gives the instance a MAC address of its own',
    track_bfd: BFD,
    no_virtual_ipaddress: 'an instance of Fulcrum has an address',
    ...all(
      'Fulcrum accepts both forms of the checksum, and sends the one that it hears (checksum: auto)',
      'v3_checksum_as_v2 old_unicast_checksum',
    ),
    ...all('a master accepts packets to its addresses, which keepalived does by default too', 'accept'),
    no_accept: 'Fulcrum writes no firewall rules: drop packets to the address there',
    ...all(LINK, 'linkbeat_use_polling'),
    ...all('an instance of Fulcrum is in fault while its own interface is down', 'dont_track_primary'),
    track_src_ip: 'an instance whose source is gone cannot send, which Fulcrum tells as a fault',
    mcast_dst_ip: GROUPS,
    unicast_ttl: 'adverts have a TTL of 255, as the standard says',
    vrf: 'an instance of Fulcrum is on an interface',
    promote_secondaries: 'set the sysctl net.ipv4.conf.INTERFACE.promote_secondaries on the host',
    debug: 'write `log.level: debug`',
    kernel_rx_buf_size: BUFFERS,
  },
  authentication: all(READ, 'auth_type auth_pass'),
  auth_hmac: all(READ, 'key active_key time_window anti_replay mode'),
  vrrp_sync_group: {
    ...all(
      READ,
      'group track_interface track_script track_file track_process notify_backup notify_master notify_fault notify_stop notify smtp_alert',
    ),
    track_bfd: BFD,
    ...all(
      'the weights of what a group tracks count for each of its instances here, and those of the instances do not',
      'global_tracking sync_group_tracking_weight',
    ),
    notify_priority_changes: 'no hook is told of it',
  },
} as const satisfies Readonly<Record<string, Words>>;

export const trackKeywords = {
  vrrp_script: all(READ, 'script interval timeout weight rise fall user init_fail'),
  vrrp_track_process: {
    ...all(READ, 'process weight quorum delay terminate_delay full_command'),
    param_match: 'a command line here is compared from its beginning',
    quorum_max: 'there is no upper limit of processes here',
    fork_delay: 'one delay is for both ways here: `delay`',
  },
  track_file: {
    ...all(READ, 'file weight'),
    init_file: 'Fulcrum writes no file that it tracks: create it when the host starts',
  },
} as const satisfies Readonly<Record<string, Words>>;
