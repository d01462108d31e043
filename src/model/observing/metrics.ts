/** Every metric that Fulcrum exports: the one table that actors count in, /metrics serves and docs/metrics.md lists. */

type MetricBase = {
  readonly help: string;
  readonly labels: readonly string[];
  /** Before it is told nothing is known of it, and 0 would say something. */
  readonly absentUntilTold?: true;
};
export type MetricDefinition =
  | (MetricBase & { readonly type: 'counter' | 'gauge' })
  | (MetricBase & { readonly type: 'histogram'; readonly buckets: readonly number[] });

const secondsFrom10us = [
  1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
] as const;
const secondsFrom100us = [1e-4, 5e-4, 1e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

export const metricDefinitions = {
  fulcrum_checks_total: {
    type: 'counter',
    help: 'Probes that ended; result error means that the fault was ours, not the target’s',
    labels: ['type', 'result'],
  },
  fulcrum_check_duration_seconds: {
    type: 'histogram',
    help: 'Duration of a probe',
    labels: ['type'],
    buckets: secondsFrom100us,
  },
  fulcrum_check_lateness_seconds: {
    type: 'histogram',
    help: 'How long after its due time a probe started',
    labels: [],
    buckets: secondsFrom10us,
  },
  fulcrum_check_alarms_total: {
    type: 'counter',
    help: 'Times that a resource of this host ran short for checks: descriptors, ports, buffers, time',
    labels: ['resource'],
  },
  fulcrum_targets: { type: 'gauge', help: 'Deduplicated probes that a monitor shard runs', labels: ['actor'] },
  fulcrum_backends: { type: 'gauge', help: 'Backends of a service in a state', labels: ['service', 'state'] },
  fulcrum_service_healthy: { type: 'gauge', help: '1 while the service is healthy', labels: ['service'] },
  fulcrum_service_enabled: {
    type: 'gauge',
    help: '0 while the service is taken out on purpose, by the configuration or an operator',
    labels: ['service'],
  },
  fulcrum_vrrp_state: {
    type: 'gauge',
    help: '0 init, 1 backup, 2 master, 3 fault',
    labels: ['instance'],
  },
  fulcrum_vrrp_adverts_total: {
    type: 'counter',
    help: 'Adverts sent and received',
    labels: ['instance', 'direction'],
  },
  fulcrum_vrrp_rejected_total: {
    type: 'counter',
    help: 'Adverts that were not accepted',
    labels: ['instance', 'reason'],
  },
  fulcrum_vrrp_transitions_total: { type: 'counter', help: 'Changes of state', labels: ['instance', 'to'] },
  fulcrum_vrrp_advert_lateness_seconds: {
    type: 'histogram',
    help: 'How long after its absolute deadline an advert was sent',
    labels: ['instance'],
    buckets: secondsFrom10us,
  },
  fulcrum_vrrp_peer_jitter_seconds: {
    type: 'histogram',
    help: 'Deviation of the peer’s advert spacing from its interval, by kernel receive time stamps',
    labels: ['instance'],
    buckets: secondsFrom10us,
  },
  fulcrum_vrrp_dual_master_total: {
    type: 'counter',
    help: 'Adverts of a second master that goes on beside this node; those of one that yields are not among them',
    labels: ['instance'],
  },
  fulcrum_vrrp_realtime: {
    type: 'gauge',
    help: '1 where the VRRP thread has what is named',
    labels: ['feature'],
  },
  keepalived_vrrp_state: {
    type: 'gauge',
    help: 'As the keepalived exporter: 0 init, 1 backup, 2 master, 3 fault',
    labels: ['iname', 'intf', 'vrid', 'ip_address'],
  },
  keepalived_become_master_total: {
    type: 'counter',
    help: 'As the keepalived exporter: times that this node became master',
    labels: ['iname', 'intf', 'vrid'],
  },
  fulcrum_ipvs_updates_total: { type: 'counter', help: 'Writes to the data plane', labels: ['op', 'result'] },
  fulcrum_ipvs_update_seconds: {
    type: 'histogram',
    help: 'From the engine’s message to the acknowledgement of the driver',
    labels: [],
    buckets: secondsFrom10us,
  },
  fulcrum_ipvs_drift_total: {
    type: 'counter',
    help: 'Entries that someone else changed, and that were repaired',
    labels: [],
  },
  fulcrum_ipvs_connections: {
    type: 'gauge',
    help: 'Connections that the kernel knows of: active = established, inactive = in any other state',
    labels: ['service', 'backend', 'state'],
  },
  fulcrum_ipvs_connections_total: {
    type: 'counter',
    help: 'Connections that the kernel scheduled',
    labels: ['service', 'backend'],
  },
  fulcrum_ipvs_packets_total: {
    type: 'counter',
    help: 'Packets that the kernel forwarded: in = from clients, out = to clients (NAT alone sees those)',
    labels: ['service', 'backend', 'direction'],
  },
  fulcrum_ipvs_bytes_total: {
    type: 'counter',
    help: 'Bytes that the kernel forwarded: in = from clients, out = to clients (NAT alone sees those)',
    labels: ['service', 'backend', 'direction'],
  },
  fulcrum_proxy_connections: { type: 'gauge', help: 'Open client connections of the proxy', labels: ['service'] },
  fulcrum_proxy_connections_total: {
    type: 'counter',
    help: 'Client connections that the proxy accepted or refused',
    labels: ['service', 'result'],
  },
  fulcrum_proxy_bytes_total: { type: 'counter', help: 'Bytes proxied', labels: ['service', 'direction'] },
  fulcrum_proxy_backend_connections: {
    type: 'gauge',
    help: 'Connections and UDP sessions of the proxy to a backend; not told with more than 2,000 backends in all',
    labels: ['service', 'backend'],
  },
  fulcrum_proxy_backend_connections_total: {
    type: 'counter',
    help: 'Connections and UDP sessions that the proxy gave to a backend; as above',
    labels: ['service', 'backend'],
  },
  fulcrum_proxy_backend_bytes_total: {
    type: 'counter',
    help: 'Bytes proxied: in = from clients to the backend, out = back; as above',
    labels: ['service', 'backend', 'direction'],
  },
  fulcrum_build_info: { type: 'gauge', help: 'Always 1', labels: ['version', 'node'] },
  fulcrum_reload_success: {
    type: 'gauge',
    help: '1 after a configuration was applied, 0 after the last one was refused: the one before it stays in effect',
    labels: [],
    absentUntilTold: true,
  },
  fulcrum_actor_restarts_total: { type: 'counter', help: 'Restarts by the supervisor', labels: ['actor'] },
  fulcrum_hanging_threads: {
    type: 'gauge',
    help: 'Killed threads that have not ended, as they hang in a system call; each keeps its memory',
    labels: [],
  },
  fulcrum_actor_mailbox: { type: 'gauge', help: 'Messages that wait for an actor', labels: ['actor'] },
  fulcrum_link_messages_total: {
    type: 'counter',
    help: 'Messages of a link that were dropped, coalesced, unknown or malformed',
    labels: ['link', 'fate'],
  },
  fulcrum_http_requests_total: {
    type: 'counter',
    help: 'Answers of the control API, by listener and status class',
    labels: ['listener', 'status'],
  },
  fulcrum_http_refused_total: {
    type: 'counter',
    help: 'Connections that the control API refused: too many, not HTTP, or too slow',
    labels: ['listener', 'reason'],
  },
  fulcrum_grpc_refused_total: {
    type: 'counter',
    help: 'Connections and calls that the gRPC listener refused: too many or too large, no token, too slow, or a client that broke the protocol',
    labels: ['reason'],
  },
  fulcrum_event_clients: { type: 'gauge', help: 'Followers of the event stream', labels: [] },
  fulcrum_event_clients_ended_total: {
    type: 'counter',
    help: 'Followers of the event stream that went: by themselves, too slow, or with the server',
    labels: ['reason'],
  },
  fulcrum_metric_samples_dropped_total: {
    type: 'counter',
    help: 'Metric samples that were unknown, or one series too many',
    labels: [],
  },
  fulcrum_logs_dropped_total: { type: 'counter', help: 'Log records dropped in a flood', labels: ['actor'] },
  check_requests_total: {
    type: 'counter',
    help: 'HAProxy agent: answers given; error means that the backend’s state could not be had, which is answered as down',
    labels: ['result'],
  },
  check_errors_total: {
    type: 'counter',
    help: 'HAProxy agent: why the state could not be had',
    labels: ['error_type'],
  },
  check_duration_seconds: {
    type: 'histogram',
    help: 'HAProxy agent: from the request’s line to its answer',
    labels: [],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2],
  },
  haproxy_connections_active: { type: 'gauge', help: 'HAProxy agent: open connections of HAProxy', labels: [] },
  grpc_channels_active: { type: 'gauge', help: 'HAProxy agent: backends whose gRPC channel is kept', labels: [] },
  health_check_duration_seconds: {
    type: 'histogram',
    help: 'Duration of a component’s check behind /health',
    labels: ['component'],
    buckets: secondsFrom100us,
  },
  health_check_failures_total: {
    type: 'counter',
    help: 'Failed component checks behind /health',
    labels: ['component'],
  },
  health_check_status: {
    type: 'gauge',
    help: '1 for the present aggregated status',
    labels: ['service', 'status'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof metricDefinitions;
