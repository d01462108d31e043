import type {
  AgentConfig,
  Config,
  ConnectionSyncConfig,
  HealthcheckServerConfig,
  VrrpInstanceConfig,
} from '../../model/config.js';
import type { Environment } from '../../model/load-options.js';
import { secretsIn } from '../../wire/secrets/secret-fields.js';
import { defaultControlSocket, defaultStateDir } from '../environment.js';
import type { ParsedDocument } from '../schema/document.js';
import type { InstanceDocument } from '../schema/vrrp.js';
import type { ResolvePath } from './checks.js';
import { buildServices } from './services.js';

/** The model of a document that has passed the rules. */
export const buildConfig = (document: ParsedDocument, around: Environment, resolve: ResolvePath): Config => {
  const { node, control, dataplane, vrrp, runtime } = document;
  return {
    node: {
      name: node.name ?? around.hostname,
      stateDir: node.state_dir === undefined ? defaultStateDir(around) : resolve(node.state_dir),
    },
    control: {
      socket: control.socket === undefined ? defaultControlSocket(around) : orNull(control.socket, resolve),
      http: control.http,
      grpc: control.grpc,
      tokenFile: orNull(control.token_file, resolve),
    },
    dataplane: {
      driver: dataplane.driver,
      reconcileIntervalNs: dataplane.reconcile_interval,
      manage: dataplane.manage,
      onStop: dataplane.on_stop,
      maxRemovals: dataplane.max_removals,
      sync: buildSync(dataplane.sync),
    },
    vrrp: {
      realtime: vrrp.realtime,
      startupDelayNs: vrrp.startup_delay,
      instances: vrrp.instances.map(buildInstance),
    },
    runtime: {
      monitorShards: runtime.monitor_shards ?? Math.max(1, around.processors),
      proxyThreads: runtime.proxy_threads ?? Math.max(1, Math.floor(around.processors / 2)),
    },
    services: buildServices(document.services, document.checks, resolve),
    healthcheckServer: buildServer(document.healthcheck_server, resolve),
    agent: buildAgent(document.agent, resolve),
    health: { timeoutNs: document.health.timeout, components: document.health.components },
    log: document.log,
    metrics: document.metrics,
    demo: document.demo,
    secrets: [...secretsIn(document).everywhere],
  };
};

const buildSync = (sync: ParsedDocument['dataplane']['sync']): ConnectionSyncConfig | null => {
  if (sync === null) return null;
  const { sync_id: syncId, ...rest } = sync;
  return { ...rest, syncId };
};

const orNull = (path: string | null, resolve: ResolvePath): string | null => (path === null ? null : resolve(path));

const buildInstance = (instance: InstanceDocument): VrrpInstanceConfig => ({
  name: instance.name,
  interface: instance.interface,
  vrid: instance.vrid,
  priority: instance.priority,
  advertIntervalNs: instance.advert_interval,
  preempt: instance.preempt,
  preemptDelayNs: instance.preempt_delay,
  addresses: instance.addresses,
  mode: instance.mode,
  source: instance.source,
  peers: instance.peers,
  checksum: instance.checksum,
  dialect: instance.dialect,
  gratuitous: {
    count: instance.gratuitous.count,
    intervalNs: instance.gratuitous.interval,
    refreshNs: instance.gratuitous.refresh,
  },
  track: instance.track.map((entry) =>
    'interface' in entry
      ? { kind: 'interface', interface: entry.interface, weight: entry.weight }
      : { kind: 'service', service: entry.service, weight: entry.weight },
  ),
});

const buildServer = (
  server: ParsedDocument['healthcheck_server'],
  resolve: ResolvePath,
): HealthcheckServerConfig | null =>
  server === null
    ? null
    : {
        socket: resolve(server.socket),
        owner: server.owner,
        batchDelayNs: server.batch_delay,
        batchSize: server.batch_size,
        notifyIntervalNs: server.notify_interval,
      };

const buildAgent = (agent: ParsedDocument['agent'], resolve: ResolvePath): AgentConfig | null =>
  agent === null
    ? null
    : {
        listen: agent.listen,
        metrics: agent.metrics,
        connectTimeoutNs: agent.connect_timeout,
        rpcTimeoutNs: agent.rpc_timeout,
        allowClients: agent.allow_clients,
        allowTargets: agent.allow_targets,
        reasons: agent.reasons,
        weights: agent.weights,
        useCheckResults: agent.use_check_results,
        caFile: orNull(agent.ca_file, resolve),
        tlsVerify: agent.tls_verify,
      };
