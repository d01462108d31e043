import { all, BFD, BUFFERS, BURSTS, FIREWALL, GROUPS, LINK, READ, type Words } from './words.js';

const PROCESS = "it is about keepalived's own processes: Fulcrum is one process";
const STATIC = 'it belongs to the host and not to the balancer: write it into the network configuration of the system';
const SNMP = 'Fulcrum has no SNMP and no D-Bus: it has /metrics, an API and `fulcrum show`';
const THREADS = 'Fulcrum gives its threads their priority by itself (vrrp.realtime)';

/** Outside of all blocks. */
export const topKeywords = {
  top: {
    ...all(
      READ,
      `global_defs vrrp_instance virtual_server virtual_server_group SSL vrrp_sync_group vrrp_script vrrp_track_process track_file
      vrrp_track_file`,
    ),
    ...all(PROCESS, `net_namespace net_namespace_ipvs namespace_with_ipsets use_pid_dir instance child_wait_time`),
    ...all(LINK, 'linkbeat_use_polling linkbeat_interfaces'),
    ...all(STATIC, 'static_ipaddress static_routes static_rules track_group'),
    ...all(BFD, 'bfd_instance'),
    garp_group: 'Fulcrum has no pause that several interfaces share: `gratuitous.interval` is by instance',
    interface_up_down_delays: 'Fulcrum acts on a link at once',
  },
  bfd_instance: all(
    BFD,
    `neighbor_ip neighbour_ip source_ip min_rx min_tx idle_tx multiplier passive ttl hoplimit max_hops multihop weight vrrp checker`,
  ),
  SSL: {
    ...all(READ, 'ca certificate key'),
    password: 'Fulcrum reads keys without a password: write the key without one into a file that only it can read',
  },
} as const satisfies Readonly<Record<string, Words>>;

export const globalKeywords = {
  global_defs: {
    ...all(
      READ,
      `router_id script_user lvs_sync_daemon lvs_flush vrrp_version vrrp_garp_master_repeat vrrp_garp_master_refresh
      vrrp_garp_master_refresh_repeat vrrp_garp_master_delay vrrp_garp_interval
      vrrp_startup_delay vrrp_min_garp notify_fifo vrrp_notify_fifo lvs_notify_fifo`,
    ),
    ...all(
      PROCESS,
      `process_names process_name vrrp_process_name checker_process_name lvs_process_name bfd_process_name use_symlink_paths
      set_supplementary_groups umask random_seed tmp_config_directory config_save_dir data_use_instance json_version iproute_usr_dir
      iproute_etc_dir state_dump_file stats_dump_file json_dump_file reload_check_config reload_time_file reload_repeat reload_file
      include_check dynamic_interfaces default_interface disable_local_igmp`,
    ),
    ...all(
      READ,
      `notification_email notification_email_from smtp_server smtp_connect_timeout smtp_alert smtp_alert_vrrp smtp_alert_checker
      no_email_faults`,
    ),
    smtp_helo_name: "the host's own name is sent",
    no_checker_emails: 'one mail tells of a backend that comes or goes in any case',
    ...all(
      "have the service manager run it: ExecStartPre= and ExecStopPost= of Fulcrum's unit",
      'startup_script startup_script_timeout shutdown_script shutdown_script_timeout',
    ),
    ...all(
      'have the service manager start what reads the pipe',
      'notify_fifo_script vrrp_notify_fifo_script lvs_notify_fifo_script',
    ),
    ...all('a pipe is told of changes of state', 'vrrp_notify_priority_changes fifo_write_vrrp_states_on_reload'),
    rs_init_notifies: 'after a start a hook is told how things stand (`resync`)',
    enable_script_security: 'a script here runs as its `user`, without a shell',
    ...all(
      SNMP,
      `snmp_socket enable_traps enable_snmp_vrrp enable_snmp_keepalived enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3
      enable_snmp_checker snmp_vs_stats_update_interval snmp_rs_stats_update_interval enable_dbus dbus_service_name
      dbus_no_interface_name`,
    ),
    ...all(
      THREADS,
      `max_auto_priority min_auto_priority_delay vrrp_priority vrrp_no_swap vrrp_rt_priority vrrp_cpu_affinity vrrp_rlimit_rttime
      vrrp_rlimit_rtime checker_priority checker_no_swap checker_rt_priority checker_cpu_affinity checker_rlimit_rttime
      checker_rlimit_rtime bfd_priority bfd_no_swap bfd_rt_priority bfd_cpu_affinity bfd_rlimit_rttime bfd_rlimit_rtime`,
    ),
    ...all(
      BUFFERS,
      `vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs vrrp_netlink_monitor_rcv_bufs_force
      process_monitor_rcv_bufs process_monitor_rcv_bufs_force lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force
      lvs_netlink_monitor_rcv_bufs lvs_netlink_monitor_rcv_bufs_force vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier`,
    ),
    ...all(
      FIREWALL,
      `vrrp_iptables vrrp_ipsets nftables nftables_priority nftables_ifindex nftables_counters nftables_ipvs nftables_ipvs_priority
      nftables_ipvs_start_fwmark`,
    ),
    ...all(
      BURSTS,
      `vrrp_garp_lower_prio_delay vrrp_garp_lower_prio_repeat vrrp_garp_extra_if vrrp_vmac_garp_intvl
      vrrp_gna_interval`,
    ),
    ...all(
      'Fulcrum answers as RFC 9568 says',
      `vrrp_lower_prio_no_advert vrrp_higher_prio_send_advert vrrp_owner_ignore_adverts vrrp_down_timer_adverts vrrp_strict
      v3_checksum_as_v2`,
    ),
    ...all(
      'Fulcrum checks every advert, and logs what it refuses',
      `vrrp_check_unicast_src vrrp_skip_check_adv_addr log_unknown_vrids checker_log_all_failures`,
    ),
    ...all(GROUPS, 'vrrp_mcast_group4 vrrp_mcast_group6'),
    ...all('name the interface in `vmac` of the instance', 'vmac_prefix vmac_addr_prefix'),
    lvs_timeouts: "these are the kernel's: set them with `ipvsadm --set` when the machine starts",
    lvs_flush_on_stop: 'the services of Fulcrum go at its stop in any case (dataplane.on_stop)',
    lvs_flush_onstop: 'the services of Fulcrum go at its stop in any case (dataplane.on_stop)',
    vrrp_delay_after_boot: 'write it as `vrrp.startup_delay`, which holds at each start',
  },
} as const satisfies Readonly<Record<string, Words>>;
