/** The whole document, as people write it (snake_case). What it means for the program is the model's (`model.ts`). */
import { z } from 'zod';
import { addressBytes, isMulticast } from '../../model/ip-address.js';
import { NS_PER_MS, NS_PER_S, ns } from '../../model/units.js';
import { allowRule, ipAddress, listen, url } from './addresses.js';
import { check, urlSchemes } from './checks.js';
import { list, section } from './common.js';
import { bool, duration, filePath, integer, name, port, text, word } from './leaves.js';
import { say } from './messages.js';
import { services } from './services.js';
import { interfaceName, vrrp } from './vrrp.js';

const node = section({
  name: name('a name of a node').optional().describe("Default: the host's name"),
  state_dir: filePath()
    .optional()
    .describe('What survives a restart; default: /var/lib/fulcrum, or $XDG_STATE_HOME/fulcrum'),
});

const control = section({
  socket: filePath()
    .nullable()
    .optional()
    .describe('The unix socket (0660); default: /run/fulcrum/fulcrum.sock, or $XDG_RUNTIME_DIR/fulcrum/fulcrum.sock'),
  http: listen().nullable().default(null).describe('Dashboard, API, /metrics, /health, /health/ready, /liveness'),
  grpc: listen().nullable().default(null).describe('The gRPC services'),
  token_file: filePath().nullable().default(null).describe('Without a token, changes are refused over TCP'),
});

const multicastGroup = () =>
  ipAddress('a multicast address').refine((address) => isMulticast(addressBytes(address) ?? new Uint8Array()), {
    error: say('a multicast address', 'one of 224.0.0.0/4 or ff00::/8 is allowed, such as 224.0.0.81 or ff02::5'),
  });

/** The kernel's attributes of a synchronisation daemon (linux/ip_vs.h). */
const sync = section({
  instance: name('a name of an instance').describe('The VRRP instance to follow: its master sends, the others receive'),
  interface: interfaceName().describe('Where the multicast goes'),
  sync_id: integer('a sync id', 0, 255).default(0).describe('The same on both nodes; 0 takes from every id'),
  group: multicastGroup().nullable().default(null).describe("Multicast address; default: the kernel's 224.0.0.81"),
  port: port().nullable().default(null).describe("UDP port; default: the kernel's 8848"),
  ttl: integer('a time to live', 1, 255).nullable().default(null).describe("Default: the kernel's 1"),
});

const dataplane = section({
  driver: word(['auto', 'ipvs', 'proxy', 'dry-run']).default('auto').describe('auto: ipvs where it can, else proxy'),
  reconcile_interval: duration({ min: ns(100 * NS_PER_MS) })
    .prefault('30s')
    .describe("How often the kernel's table is compared and repaired"),
  manage: word(['own', 'all']).default('own').describe('own: only services that fulcrum made; all: the whole table'),
  on_stop: word(['flush', 'keep']).default('flush').describe('keep leaves the services in place; a crash always does'),
  max_removals: integer('a number of services', 1, 1e6)
    .nullable()
    .default(10)
    .describe('Services removed per round at most; null: no limit'),
  sync: sync
    .nullable()
    .default(null)
    .describe('Connection synchronisation between the nodes; none without this section'),
});

/** More threads than any machine here has processors for. */
const MAX_THREADS = 256;

const runtime = section({
  monitor_shards: integer('a number of threads', 1, MAX_THREADS)
    .optional()
    .describe('Threads that run checks; default: one for each processor'),
  proxy_threads: integer('a number of threads', 1, MAX_THREADS)
    .optional()
    .describe('Threads of the embedded proxy; default: half the processors'),
});

/** The original's ranges of these options. */
const healthcheckServer = section({
  socket: filePath().default('/var/run/seesaw/healthcheck-proxy.sock').describe('The unix socket (0660)'),
  owner: text('an owner', { max: 128 })
    .nullable()
    .default(null)
    .describe('USER, USER:GROUP or numbers; default: who runs the daemon'),
  batch_delay: duration({ min: ns(NS_PER_MS), max: ns(10 * NS_PER_S) })
    .prefault('100ms')
    .describe('A batch waits so long at most'),
  batch_size: integer('a batch size', 1, 10_000).default(100).describe('A full batch goes at once'),
  notify_interval: duration({ min: ns(100 * NS_PER_MS) })
    .prefault('15s')
    .describe('How often the whole state is sent'),
});

/** HAProxy gives an agent two seconds, so a whole answer must fit in them. */
const agentTimeout = () => duration({ min: ns(NS_PER_MS), max: ns(60 * NS_PER_S) });

const agent = section({
  listen: listen().prefault('0.0.0.0:5555').describe("For HAProxy's agent checks"),
  metrics: listen().nullable().default(null).describe("A listener for the agent's metrics alone"),
  connect_timeout: agentTimeout().prefault('1s').describe('Limit for a connection to a backend'),
  rpc_timeout: agentTimeout().prefault('1500ms').describe('Limit for a health RPC'),
  allow_clients: list(allowRule(), 'address rules').prefault(['loopback', 'private']).describe('Who may ask'),
  allow_targets: list(allowRule(), 'address rules').prefault(['any']).describe('Which backends may be asked about'),
  reasons: bool().default(false).describe('Adds the cause to a negative answer: down #reason'),
  weights: bool().default(false).describe('Answers with the load that a backend declares, as NN%'),
  use_check_results: bool()
    .default(false)
    .describe("Answers from the daemon's own results where it checks that backend"),
  ca_file: filePath().nullable().default(null).describe('PEM file of the authorities to trust'),
  tls_verify: bool().default(true).describe('Refuses invalid certificates'),
});

const componentCommon = {
  name: name('a name of a component').describe('Unique'),
  critical: bool().default(true).describe('Makes the whole unhealthy, not just degraded'),
};
const componentType = <const Type extends string>(type: Type) => z.literal(type).describe('What it is');
const componentUrl = (schemes: readonly string[]) => url(schemes).describe('Where it is, with credentials');
const component = z.discriminatedUnion(
  'type',
  [
    section({ ...componentCommon, type: componentType('postgres'), url: componentUrl(urlSchemes.postgres) }),
    section({ ...componentCommon, type: componentType('redis'), url: componentUrl(urlSchemes.redis) }),
    section({ ...componentCommon, type: componentType('qdrant'), url: componentUrl(urlSchemes.qdrant) }),
  ],
  { error: () => 'a component is a map with a type: one of postgres, redis, qdrant' },
);

const health = section({
  timeout: duration({ min: ns(NS_PER_MS), max: ns(60 * NS_PER_S) })
    .prefault('2s')
    .describe('Limit for each component'),
  components: list(component, 'components').prefault([]).describe('Components behind /health'),
});

const log = section({
  level: word(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('The least level'),
  format: word(['json', 'pretty']).default('json').describe('How lines look'),
});

const metrics = section({
  listen: listen().nullable().default(null).describe('An extra listener for /metrics alone'),
});

const demo = section({
  backends: list(listen(), 'addresses').prefault([]).describe('Small HTTP servers that the daemon starts itself'),
});

export const documentSchema = section({
  node: node.prefault({}).describe('This node'),
  control: control.prefault({}).describe('The API: always on the unix socket, on TCP only where listed'),
  dataplane: dataplane.prefault({}).describe('Where the result goes'),
  vrrp: vrrp.prefault({}).describe('The virtual IP addresses that nodes share'),
  runtime: runtime.prefault({}).describe('How the threads are laid out'),
  checks: z
    .record(name('a name of a check'), check, { error: say('a map of checks', 'names with checks are expected') })
    .prefault({})
    .describe('Named checks, usable by any backend'),
  services: services.prefault([]).describe('The virtual services'),
  healthcheck_server: healthcheckServer
    .nullable()
    .default(null)
    .describe("The health-check server's unix socket; none without this section"),
  agent: agent.nullable().default(null).describe('The HAProxy agent; none without this section'),
  health: health.prefault({}).describe("The aggregated health of a service's own components"),
  log: log.prefault({}).describe('Logs, on stderr'),
  metrics: metrics.prefault({}).describe('Prometheus metrics'),
  demo: demo.prefault({}).describe('For a first look only'),
});

/** What a host may hand over, and what a file says once it is parsed. */
export type ConfigDocument = DeepReadonly<z.input<typeof documentSchema>>;

type DeepReadonly<T> = T extends Uint8Array
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
/** The same with every default, checked and in the program's units. */
export type ParsedDocument = z.output<typeof documentSchema>;
