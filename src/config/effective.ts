/** The model as a document again, every default written out: what `status` and `/api/v1/config` show. */

import type { Config, ConnectionSyncConfig, Listen, VrrpInstanceConfig, VrrpTrack } from '../model/config.js';
import { hostPort } from '../model/ip-address.js';
import { formatHumantime } from '../wire/text/humantime.js';
import type { DocumentMap, DocumentValue } from './document-value.js';
import { Secret } from './document-value.js';
import { serviceDocument } from './effective-services.js';
import { markSecrets } from './redact.js';

/** JSON-able; what is secret is replaced by `***`. */
export const effectiveDocument = (config: Config): Record<string, unknown> => {
  const document = documentOf(config);
  return Object.fromEntries(Object.entries(document).map(([key, value]) => [key, reveal(value)]));
};

const reveal = (value: DocumentValue): unknown => {
  if (value instanceof Secret) return value.shown;
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]));
};

/** The document with its secrets marked: for comparing. */
export const documentOf = (config: Config): DocumentMap => markSecrets(plainDocumentOf(config));

const plainDocumentOf = (config: Config): DocumentMap => ({
  node: { name: config.node.name, state_dir: config.node.stateDir },
  control: {
    socket: config.control.socket,
    http: listenText(config.control.http),
    grpc: listenText(config.control.grpc),
    token_file: config.control.tokenFile,
  },
  dataplane: {
    driver: config.dataplane.driver,
    reconcile_interval: formatHumantime(config.dataplane.reconcileIntervalNs),
    manage: config.dataplane.manage,
    on_stop: config.dataplane.onStop,
    max_removals: config.dataplane.maxRemovals,
    sync: syncDocument(config.dataplane.sync),
  },
  vrrp: {
    realtime: config.vrrp.realtime,
    startup_delay: formatHumantime(config.vrrp.startupDelayNs),
    instances: config.vrrp.instances.map(instanceDocument),
  },
  runtime: { monitor_shards: config.runtime.monitorShards, proxy_threads: config.runtime.proxyThreads },
  services: config.services.map(serviceDocument),
  healthcheck_server: serverDocument(config),
  agent: agentDocument(config),
  health: {
    timeout: formatHumantime(config.health.timeoutNs),
    components: config.health.components.map(({ name, type, url, critical }) => ({ name, type, url, critical })),
  },
  log: { level: config.log.level, format: config.log.format },
  metrics: { listen: listenText(config.metrics.listen) },
  demo: { backends: config.demo.backends.map(listenOf) },
});

const listenText = (listen: Listen | null): string | null => (listen === null ? null : listenOf(listen));
export const listenOf = ({ host, port }: Listen): string => hostPort(host, port);

const syncDocument = (sync: ConnectionSyncConfig | null): DocumentMap | null => {
  if (sync === null) return null;
  const { syncId, ...rest } = sync;
  return { ...rest, sync_id: syncId };
};

const instanceDocument = (instance: VrrpInstanceConfig): DocumentMap => ({
  name: instance.name,
  interface: instance.interface,
  vrid: instance.vrid,
  priority: instance.priority,
  advert_interval: formatHumantime(instance.advertIntervalNs),
  preempt: instance.preempt,
  preempt_delay: formatHumantime(instance.preemptDelayNs),
  addresses: instance.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
  mode: instance.mode,
  source: instance.source,
  peers: instance.peers,
  checksum: instance.checksum,
  dialect: instance.dialect,
  gratuitous: {
    count: instance.gratuitous.count,
    interval: formatHumantime(instance.gratuitous.intervalNs),
    refresh: formatHumantime(instance.gratuitous.refreshNs),
  },
  track: instance.track.map(trackDocument),
});

const trackDocument = (track: VrrpTrack): DocumentMap =>
  track.kind === 'interface'
    ? { interface: track.interface, weight: track.weight }
    : { service: track.service, weight: track.weight };

const serverDocument = ({ healthcheckServer: server }: Config): DocumentMap | null =>
  server === null
    ? null
    : {
        socket: server.socket,
        owner: server.owner,
        batch_delay: formatHumantime(server.batchDelayNs),
        batch_size: server.batchSize,
        notify_interval: formatHumantime(server.notifyIntervalNs),
      };

const agentDocument = ({ agent }: Config): DocumentMap | null =>
  agent === null
    ? null
    : {
        listen: listenOf(agent.listen),
        metrics: listenText(agent.metrics),
        connect_timeout: formatHumantime(agent.connectTimeoutNs),
        rpc_timeout: formatHumantime(agent.rpcTimeoutNs),
        allow_clients: agent.allowClients,
        allow_targets: agent.allowTargets,
        reasons: agent.reasons,
        weights: agent.weights,
        use_check_results: agent.useCheckResults,
        ca_file: agent.caFile,
        tls_verify: agent.tlsVerify,
      };
