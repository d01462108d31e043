/** Services and backends, both ways. */
import { createHash } from 'node:crypto';
import type {
  BackendConfig,
  CheckConfig,
  ServiceConfig,
  ServiceMatch,
  Watermark,
  Watermarks,
} from '../../../model/config.js';
import { hostPort } from '../../../model/ip-address.js';
import type { Port } from '../../../model/units.js';
import type { DocumentMap } from '../../../schema/document-value.js';
import { type ResolvePath, toDocument, toModel } from '../../../schema/mapping.js';
import type { Surroundings } from '../../section.js';
import { buildCheck, checkDocument } from '../checks/build.js';
import {
  type BackendDocument,
  backend as backendSchema,
  type ServiceDocument,
  service as serviceSchema,
} from './schema.js';
import { buildSorry } from './sorry.js';
import { tunnelDocument, tunnelModel } from './tunnel.js';

/** Services with their named checks resolved: backends that use one check, or equal ones, share one object. */
export const buildServices = (
  services: readonly ServiceDocument[],
  { namedChecks, resolve }: Surroundings,
): readonly ServiceConfig[] => {
  const named = new Map(Object.entries(namedChecks).map(([name, check]) => [name, buildCheck(check, resolve)]));
  const shared = new Map<string, CheckConfig>();
  const resolveAll = (entries: ServiceDocument['checks']): readonly CheckConfig[] =>
    entries.map((entry) =>
      typeof entry === 'string' ? known(named, entry) : share(shared, buildCheck(entry, resolve)),
    );
  return services.map((service) => buildService(service, resolveAll, resolve));
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

const buildService = (service: ServiceDocument, resolveAll: ResolveChecks, resolve: ResolvePath): ServiceConfig => {
  const { address, port, protocol, fwmark, family, checks, backends, watermarks, persistence, sorry, ...own } = service;
  const ports = service.ports ?? (port === undefined ? [] : [port]);
  const shared = resolveAll(checks);
  return {
    ...toModel(serviceSchema, { ...own, watermarks: inOrder(watermarks) }, resolve),
    match: buildMatch(service),
    persistenceNs: persistence?.timeout ?? null,
    persistenceGranularity: persistence?.granularity ?? null,
    sorry: buildSorry(sorry, ports),
    backends: backends.map((backend) =>
      buildBackend(backend, ports, backend.checks === undefined ? shared : resolveAll(backend.checks), resolve),
    ),
  };
};

const buildMatch = (service: ServiceDocument): ServiceMatch => {
  const { protocol, fwmark, family } = service;
  const [range] = service.addresses ?? [];
  const address = range === undefined ? service.address : firstOf(range);
  const port = service.port ?? service.ports?.[0];
  if (address !== undefined && port !== undefined) return { kind: 'address', address, port, protocol };
  if (fwmark !== undefined) return { kind: 'fwmark', fwmark, family: family ?? 'ipv4', protocol };
  throw new Error('a service without address and fwmark has passed the rules');
};

/** The rules have made sure that it is a range. */
const firstOf = (range: string): string | undefined => range.split('-', 1)[0];

/** `high` below `low` is `low`, as in Seesaw. */
const inOrder = ({ low, high, by }: ServiceDocument['watermarks']): Watermarks =>
  low.kind === high.kind && amount(high) < amount(low) ? { low, high: low, by } : { low, high, by };

const amount = (mark: Watermark): number => (mark.kind === 'count' ? mark.count : mark.percent);

const buildBackend = (
  { checks: _, tunnel, ...backend }: BackendDocument,
  servicePorts: readonly Port[],
  checks: readonly CheckConfig[],
  resolve: ResolvePath,
): BackendConfig => {
  const port = backend.port ?? servicePorts[0];
  if (port === undefined) throw new Error('a backend without a port has passed the rules');
  const followsPort = backend.port === undefined && servicePorts.length > 1;
  const name = backend.name ?? (followsPort ? backend.address : hostPort(backend.address, port));
  return {
    ...toModel(backendSchema, { ...backend, name, port }, resolve),
    ...(followsPort ? { followsPort } : {}),
    tunnel: tunnelModel(tunnel),
    checks,
  };
};

export const serviceDocument = ({
  match,
  backends,
  persistenceNs: timeout,
  persistenceGranularity: granularity,
  ...own
}: ServiceConfig): DocumentMap => ({
  ...toDocument(serviceSchema, {
    ...own,
    persistence: timeout === null ? null : { timeout, granularity },
    ...match,
    ...(own.addresses === undefined ? {} : { address: undefined }),
    ...(own.ports === undefined ? {} : { port: undefined }),
  }),
  backends: backends.map(backendDocument),
});

export const backendDocument = ({ tunnel, checks, followsPort, ...own }: BackendConfig): DocumentMap => ({
  ...toDocument(backendSchema, followsPort === true ? { ...own, port: undefined } : own),
  tunnel: tunnelDocument(tunnel),
  checks: checks.map(checkDocument),
});
