import { all, READ, type Words } from './words.js';

const WARM_UP =
  'Fulcrum spreads the first checks by itself, and gives a backend no connections before its first success';
const SNMP = 'Fulcrum has no SNMP: its services have names of their own';
/** Of a virtual server, and of all its real servers and checks where these say nothing. */
const inherited = {
  ...all(READ, 'retry delay_before_retry connect_timeout delay_loop alpha inhibit_on_failure virtualhost smtp_alert'),
  warmup: WARM_UP,
  snmp_name: SNMP,
};

export const virtualServerKeywords = {
  virtual_server: {
    ...inherited,
    ...all(
      READ,
      `ip_family lb_algo lvs_sched lb_kind lvs_method ops flag-1 flag-2 flag-3 sh-port sh-fallback mh-port mh-fallback
      persistence_timeout persistence_granularity protocol quorum hysteresis weight sorry_server sorry_server_inhibit
      sorry_server_lvs_method real_server quorum_up quorum_down ha_suspend`,
    ),
    hashed: 'the kernel has no such flag any more',
    persistence_engine: 'persistence of Fulcrum is by the address of the client',
    omega: 'hooks are told the last transitions at the stop in any case',
  },
} as const satisfies Readonly<Record<string, Words>>;

export const realServerKeywords = {
  real_server: {
    ...inherited,
    ...all(
      READ,
      `weight lvs_method uthreshold notify_up notify_down HTTP_GET SSL_GET TCP_CHECK SMTP_CHECK DNS_CHECK MISC_CHECK BFD_CHECK UDP_CHECK
      PING_CHECK FILE_CHECK`,
    ),
    lthreshold: 'Fulcrum has no lower threshold: a backend takes connections again below max_connections',
  },
} as const satisfies Readonly<Record<string, Words>>;

const CONNECTION = {
  ...all(READ, 'connect_ip connect_port bindto connect_timeout retry delay_before_retry delay_loop alpha'),
  warmup: WARM_UP,
  log_all_failures: 'Fulcrum shows every result (`fulcrum show checks`)',
  bind_port: 'the kernel chooses the port that a check comes from',
  bind_if: 'a check of Fulcrum has a source address, and no source interface',
  fwmark: 'a check of Fulcrum has no mark of its own',
} as const;

export const checkerKeywords = {
  TCP_CHECK: CONNECTION,
  HTTP_GET: {
    ...CONNECTION,
    ...all(READ, 'url virtualhost nb_get_retry enable_sni sni_name'),
    http_protocol: 'Fulcrum speaks HTTP/1.1, and closes the connection after each check',
    fast_recovery: 'Fulcrum asks for every path in each check',
    tls_compliant: 'Fulcrum takes an end of the connection as HTTP says',
  },
  url: {
    ...all(READ, 'path digest status_code virtualhost regex regex_no_match'),
    regex_options: 'a regular expression here is one of JavaScript, without options',
    ...all('Fulcrum looks at the whole body', 'regex_min_offset regex_max_offset regex_stack'),
    tls_compliant: 'Fulcrum takes an end of the connection as HTTP says',
  },
  SMTP_CHECK: { ...CONNECTION, ...all(READ, 'helo_name host') },
  host: all(READ, 'connect_ip connect_port'),
  MISC_CHECK: {
    ...all(READ, 'misc_path misc_timeout misc_dynamic user retry delay_before_retry delay_loop alpha'),
    warmup: WARM_UP,
  },
  FILE_CHECK: { ...all(READ, 'track_file weight'), dynamic: 'the number counts for the weight in any case' },
  DNS_CHECK: { ...CONNECTION, ...all(READ, 'type name') },
  PING_CHECK: CONNECTION,
  UDP_CHECK: {
    ...CONNECTION,
    ...all(READ, 'payload require_reply'),
    ...all('Fulcrum looks at the beginning of the reply, and not at its length', 'min_reply_length max_reply_length'),
  },
} as const satisfies Readonly<Record<string, Words>>;
