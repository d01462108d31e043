/** What holds for the backends of one service. */
import { familyOf, hostPort } from '../../../model/ip-address.js';
import type { Port } from '../../../model/units.js';
import { type Steps, Unique } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import type { CheckDraft } from '../checks/rules.js';
import { servicePorts } from './places.js';
import type { BackendDocument } from './schema.js';
import type { ServiceDraft, ServiceScope } from './scope.js';
import { forwardingOf, serverRules } from './servers.js';

type BackendDraft = Draft<BackendDocument>;

export const backendRules = (service: ServiceDraft, path: Steps, scope: ServiceScope): void => {
  const { report } = scope;
  const own = resolveAll(service.checks ?? [], [...path, 'checks'], scope);
  const names = new Unique(report);
  const places = new Unique(report);
  const unchecked: string[] = [];
  service.backends?.forEach((backend, index) => {
    if (backend === undefined) return;
    const at = [...path, 'backends', index];
    const place = placeOf(backend, servicePorts(service), scope.subject.has([...at, 'port']));
    const name = backend.name ?? (scope.subject.has([...at, 'name']) ? undefined : place);
    const isFirst = places.add(place, at, (first) => `${place} is already a backend here: ${first}`);
    // A name that is made of the place says nothing more about it.
    if (isFirst || backend.name !== undefined) {
      names.add(name, [...at, 'name'], (first) => `the name '${name}' is taken by ${first}`);
    }
    const { address, port, tunnel } = backend;
    const forwarding = forwardingOf(service, backend);
    serverRules(service, { what: 'backend', address, port, forwarding, tunnel }, at, scope);
    const checks = backend.checks === undefined ? own : resolveAll(backend.checks, [...at, 'checks'], scope);
    scope.spread.add(checks, at);
    for (const check of checks) checkUse(service, backend, check, scope);
    // By what is written: an entry that is wrong is still an entry.
    const list = scope.subject.has([...at, 'checks']) ? at : path;
    if (!scope.subject.has([...list, 'checks', 0])) unchecked.push(`'${name ?? index}'`);
  });
  if (unchecked.length > 0) report.warning(path, neverUp(unchecked));
  if (service.backends?.length === 0) report.warning(path, 'the service has no backends, so it is never up');
};

const MAX_NAMED = 3;

const neverUp = (names: readonly string[]): string => {
  const shown = names.slice(0, MAX_NAMED).join(', ');
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  const verb = names.length === 1 ? 'backend has no check, so it is' : 'backends have no checks, so they are';
  return `${names.length === 1 ? 'a' : names.length} ${verb} never up: ${shown}${more}`;
};

const placeOf = (
  { address, port }: BackendDraft,
  ofService: readonly Port[],
  writesPort: boolean,
): string | undefined => {
  if (address === undefined) return undefined;
  if (!writesPort && ofService.length > 1) return address;
  const own = writesPort ? port : ofService[0];
  return own === undefined ? undefined : hostPort(address, own);
};

type Use = { readonly check: CheckDraft; readonly path: Steps };

const resolveAll = (entries: readonly (string | CheckDraft | undefined)[], path: Steps, scope: ServiceScope): Use[] =>
  entries.flatMap((entry, index) => {
    const at = [...path, index];
    const check = entry === undefined ? undefined : scope.resolveCheck(entry, at);
    return check === undefined ? [] : [{ check, path: at }];
  });

/** What a check needs of the backend and service that use it; its own options are looked at where it is written. */
const checkUse = (service: ServiceDraft, backend: BackendDraft, use: Use, { report, driver }: ServiceScope): void => {
  const { check, path } = use;
  const inside = backend.address === undefined ? null : familyOf(backend.address);
  if (check.source && inside !== null && familyOf(check.source) !== inside) {
    report.error(
      path,
      `the check's source ${check.source} cannot reach ${backend.address}: they are of different families`,
    );
  }
  const { mode } = check;
  if (mode === undefined || mode === 'plain') return;
  if (driver?.relays) report.error(path, `mode: ${mode} needs IPVS, and the driver is ${driver.kind}`);
  if (service.fwmark !== undefined)
    report.error(path, `mode: ${mode} probes the virtual address, and a fwmark service has none`);
  else {
    const forwarding = forwardingOf(service, backend);
    if (forwarding === undefined || forwarding === mode) return;
    report.error(path, `mode: ${mode} probes as forwarding: ${mode} delivers, and this is ${forwarding}`);
  }
};
