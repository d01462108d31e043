import { createHash } from 'node:crypto';
import type { BackendConfig, CheckConfig, ServiceConfig, ServiceMatch, Watermark } from '../../model/config.js';
import { hostPort } from '../../model/ip-address.js';
import type { Port } from '../../model/units.js';
import type { CheckDocument } from '../schema/checks.js';
import type { BackendDocument, ServiceDocument } from '../schema/services.js';
import { buildCheck, type ResolvePath } from './checks.js';

type NamedChecks = Readonly<Record<string, CheckDocument>>;

/** Services with their named checks resolved: backends that use one check, or equal ones, share one object. */
export const buildServices = (
  services: readonly ServiceDocument[],
  checks: NamedChecks,
  resolve: ResolvePath,
): readonly ServiceConfig[] => {
  const named = new Map(Object.entries(checks).map(([name, check]) => [name, buildCheck(check, resolve)]));
  const shared = new Map<string, CheckConfig>();
  const resolveAll = (entries: ServiceDocument['checks']): readonly CheckConfig[] =>
    entries.map((entry) =>
      typeof entry === 'string' ? known(named, entry) : share(shared, buildCheck(entry, resolve)),
    );
  return services.map((service) => buildService(service, resolveAll));
};

/** The first check that is equal to this one: an alias in YAML is read anew at each place. */
const share = (shared: Map<string, CheckConfig>, check: CheckConfig): CheckConfig => {
  const text = JSON.stringify(check, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  const key = createHash('sha256').update(text).digest('base64');
  const first = shared.get(key);
  if (first === undefined) shared.set(key, check);
  return first ?? check;
};

/** The rules have made sure that it is there. */
const known = (named: ReadonlyMap<string, CheckConfig>, name: string): CheckConfig => {
  const check = named.get(name);
  if (check === undefined) throw new Error(`the check '${name}' has passed the rules, but is nowhere`);
  return check;
};

type ResolveChecks = (entries: ServiceDocument['checks']) => readonly CheckConfig[];

const buildService = (service: ServiceDocument, resolveAll: ResolveChecks): ServiceConfig => {
  const own = resolveAll(service.checks);
  return {
    name: service.name,
    match: buildMatch(service),
    scheduler: service.scheduler,
    schedulerFlags: service.scheduler_flags,
    forwarding: service.forwarding,
    persistenceNs: service.persistence,
    onePacket: service.one_packet,
    watermarks: buildWatermarks(service.watermarks),
    onUnhealthy: service.on_unhealthy,
    drainTimeoutNs: service.drain_timeout,
    sorry: service.sorry,
    enabled: service.enabled,
    backends: service.backends.map((backend) =>
      buildBackend(backend, service.port, backend.checks === undefined ? own : resolveAll(backend.checks)),
    ),
  };
};

const buildMatch = ({ address, port, protocol, fwmark, family }: ServiceDocument): ServiceMatch => {
  if (address !== undefined && port !== undefined) return { kind: 'address', address, port, protocol };
  if (fwmark !== undefined) return { kind: 'fwmark', fwmark, family: family ?? 'ipv4', protocol };
  throw new Error('a service without address and fwmark has passed the rules');
};

/** `high` below `low` is `low`, as in Seesaw. */
const buildWatermarks = ({ low, high }: ServiceDocument['watermarks']): ServiceConfig['watermarks'] =>
  low.kind === high.kind && amount(high) < amount(low) ? { low, high: low } : { low, high };

const amount = (mark: Watermark): number => (mark.kind === 'count' ? mark.count : mark.percent);

const buildBackend = (
  backend: BackendDocument,
  servicePort: Port | undefined,
  checks: readonly CheckConfig[],
): BackendConfig => {
  const port = backend.port ?? servicePort;
  if (port === undefined) throw new Error('a backend without a port has passed the rules');
  return {
    name: backend.name ?? hostPort(backend.address, port),
    address: backend.address,
    port,
    weight: backend.weight,
    maxConnections: backend.max_connections,
    enabled: backend.enabled,
    tunnel: backend.tunnel === null ? null : { type: backend.tunnel.type, port: backend.tunnel.port ?? 0 },
    checks,
  };
};
