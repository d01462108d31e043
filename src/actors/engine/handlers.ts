import { CommandError } from '../../model/errors.js';
import type { CheckView, ServiceReport } from '../../model/observing/views.js';
import { nearest } from '../../wire/text/nearest.js';
import type { CallHandlers } from '../../workers/links/rpc.js';
import type { EngineCalls } from './calls.js';
import type { Maintenance } from './operator/maintenance.js';
import type { Overrides } from './operator/overrides.js';
import { backendReport, serviceReport } from './service/report.js';
import type { Backend, Service, Subscriber } from './service/service.js';
import { addressText, checkView } from './targets/probe-spec.js';
import type { Targets } from './targets/targets.js';

/** Backends, or checks, in one slice of an answer: between two slices the engine does its real work. */
const SLICE = 500;
/** Names that a wrong one is compared with: more would take longer than anyone's real work may wait. */
const MAX_COMPARED = 500;

/** What the handlers may do to the engine. */
export type EngineControls = {
  readonly services: ReadonlyMap<string, Service>;
  readonly targets: Targets<Subscriber>;
  readonly overrides: Overrides;
  readonly maintenance: Maintenance;
};

export function engineHandlers(engine: EngineControls): CallHandlers<EngineCalls> {
  const serviceNamed = (name: string): Service => {
    const service = engine.services.get(name);
    if (service !== undefined) return service;
    throw new CommandError('ERR_NOT_FOUND', `no service ${name}; there are: ${[...engine.services.keys()].join(', ')}`);
  };
  const backendsCalled = (name: string, service: string | null): readonly Backend[] => {
    const among = service === null ? [...engine.services.values()] : [serviceNamed(service)];
    const found = among.flatMap(({ backends }) => [...backends.values()].filter((backend) => isCalled(backend, name)));
    if (found.length > 0) return found;
    const where = service === null ? 'any service' : `service ${service}`;
    throw new CommandError('ERR_NOT_FOUND', `no backend ${name} in ${where}${hintOf(name, among)}`);
  };
  return {
    services: ({ name }) => serviceSlices(name === null ? [...engine.services.values()] : [serviceNamed(name)]),
    checks: () => checkSlices(engine.targets),
    backend: ({ backend, service }) =>
      backendsCalled(backend, service).map((each) => ({
        service: each.service.name,
        ...backendReport(each),
      })),
    override: ({ backend, service, action }) =>
      backendsCalled(backend, service)
        .filter((each) => engine.overrides.override(each, action))
        .map((each) => each.key),
    weight: ({ backend, service, weight }) =>
      backendsCalled(backend, service)
        .filter((each) => engine.overrides.setWeight(each, weight))
        .map((each) => each.key),
    'override-service': ({ service, action }) => {
      engine.overrides.forceService(serviceNamed(service), action === 'default' ? null : action === 'enable');
      return [service];
    },
    maintenance: ({ on }) => (on === null ? engine.maintenance.view : engine.maintenance.set(on)),
    'target-health': ({ host, port }) => {
      const found = [...engine.targets.all()].filter(({ spec }) => spec.host === host && spec.port === port);
      const worst =
        found.find(({ status }) => status.state === 'unhealthy') ??
        found.find(({ status }) => status.state === 'healthy') ??
        found[0];
      if (worst === undefined) return { state: 'unknown', message: 'nothing checks it' };
      return { state: worst.status.state, message: worst.status.message };
    },
  };
}

const isCalled = ({ config }: Backend, name: string): boolean =>
  config.name === name ||
  addressText(config.address, config.port) === name ||
  `${config.address}:${config.port}` === name;

function hintOf(name: string, services: readonly Service[]): string {
  const known: string[] = [];
  for (const { backends } of services) {
    known.push(...[...backends.keys()].slice(0, MAX_COMPARED - known.length));
    if (known.length >= MAX_COMPARED) break;
  }
  const near = nearest(name, [...new Set(known)]);
  return near === undefined ? '' : `: the nearest name is ${near}; a backend has its name, or its host:port`;
}

async function* serviceSlices(services: readonly Service[]): AsyncIterable<readonly ServiceReport[]> {
  let slice: ServiceReport[] = [];
  let size = 0;
  for (const service of services) {
    const backends = [...service.backends.values()];
    for (let start = 0; start === 0 || start < backends.length; start += SLICE) {
      const part = backends.slice(start, start + SLICE);
      slice.push(serviceReport(service, part));
      size += part.length + 1;
      if (size < SLICE) continue;
      yield slice;
      slice = [];
      size = 0;
      await nextTurn();
    }
  }
  yield slice;
}

async function* checkSlices(targets: Targets<Subscriber>): AsyncIterable<readonly CheckView[]> {
  let slice: CheckView[] = [];
  for (const target of [...targets.all()]) {
    slice.push(checkView(target));
    if (slice.length < SLICE) continue;
    yield slice;
    slice = [];
    await nextTurn();
  }
  yield slice;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
