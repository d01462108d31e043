/** virtual_server: a service for each place that it is reached by, with the real servers as its backends. */
import type { Service } from '../../../document.js';
import { type Reached, serviceName } from '../../../service-name.js';
import type { Statement } from '../../language/blocks.js';
import type { Shared } from '../checks/plain-check.js';
import { alphas } from '../checks/timing.js';
import { Fields } from '../fields.js';
import type { Hooks, Subject } from '../hooks.js';
import type { Import } from '../import.js';
import { backendsOf } from './backends.js';
import { methodOf } from './forwarding.js';
import { type Place, placesOf } from './places.js';
import { watermarks } from './quorum.js';
import { inhibit, scheduling, sorry, target } from './service-options.js';

export type Around = Shared & { readonly groups: readonly Statement[]; readonly hooks: Hooks };

export function virtualServer(work: Import, server: Statement, around: Around, services: Service[]): void {
  const fields = new Fields(work, server.block ?? []);
  for (const place of placesOf(work, server, around.groups)) {
    const service = serviceOf(work, server, place, fields, around);
    if (service !== null) work.push(services, service, ...place.from, ...alphas([fields]));
  }
  if (work.isTold(server)) fields.tellRest('virtual_server');
  else work.leaveOut(server, 'nothing of it can be carried over');
}

const reachedBy = (place: Place): Reached =>
  place.kind === 'address' ? place : { kind: 'fwmark', mark: place.mark, isIPv6: place.family === 'inet6' };

const protocols = ['tcp', 'udp', 'sctp'] as const;

function serviceOf(
  work: Import,
  server: Statement,
  place: Place,
  fields: Fields,
  { globals, ssl, hooks, files }: Around,
): Service | null {
  const { value, from } = fields.word('protocol');
  const written = protocols.find((known) => known === value?.toLowerCase());
  // keepalived gives the kernel UDP; a mark has no protocol.
  const protocol = written ?? (place.kind === 'address' ? 'udp' : 'tcp');
  if (from !== undefined && written === undefined) work.leaveOut(from, `'${value}' is no protocol of IPVS`);
  const service: Service = { name: serviceName(reachedBy(place), protocol) };
  target(work, service, place, fields);
  work.putOr(service, 'protocol', protocol, written === undefined ? undefined : from);
  scheduling(work, service, fields);
  const method = methodOf(work, fields.one('lb_kind', 'lvs_method'));
  const owner = { method, place, globals, ssl, files, hooks, name: service.name };
  inhibit(work, service, fields);
  const { backends, forwarding } = backendsOf(work, fields, owner);
  const subject: Subject = { name: service.name, on: ['service-state'], names: [service.name] };
  if (backends.length === 0) {
    work.leaveOut(server, 'it has no real server that could be carried over');
    return null;
  }
  work.putOr(service, 'forwarding', forwarding, method?.from);
  watermarks(work, service, fields, backends);
  sorry(work, service, place, fields, method);
  const suspend = fields.one('ha_suspend');
  if (suspend !== undefined) work.put(service, 'checks_when', 'master', suspend);
  if (alphas([fields]).length === 0) work.otherwise(server, UNCHECKED);
  hooks.add(fields, 'quorum_up', subject, ['healthy']);
  hooks.add(fields, 'quorum_down', subject, ['unhealthy']);
  hooks.mails.add('services', service.name, fields);
  service.backends = backends;
  return service;
}

const UNCHECKED =
  'keepalived gives a real server connections before its first check (no `alpha`), and Fulcrum after its first success';
