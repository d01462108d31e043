/** real_server: a backend with its checks. */
import { hostPort } from '../../../../model/ip-address.js';
import type { Backend, Service } from '../../../document.js';
import type { Statement } from '../../language/blocks.js';
import { checksOf, standIn } from '../checks/checks.js';
import type { Checked, Shared } from '../checks/plain-check.js';
import { alphas } from '../checks/timing.js';
import { Fields, integerOf } from '../fields.js';
import type { Hooks, Subject } from '../hooks.js';
import type { Import } from '../import.js';
import { type Method, methodOf } from './forwarding.js';
import type { Place } from './places.js';

type Owner = Shared & {
  readonly method: Method | null;
  readonly place: Place;
  readonly hooks: Hooks;
  /** Of its service. */
  readonly name: string;
};
type Forwarding = NonNullable<Service['forwarding']>;
export type Backends = { readonly backends: Backend[]; readonly forwarding: Forwarding };

export function backendsOf(work: Import, service: Fields, owner: Owner): Backends {
  const servers = service.all('real_server').map((statement) => {
    const fields = new Fields(work, statement.block ?? []);
    return { statement, fields, method: methodOf(work, fields.one('lvs_method')) ?? owner.method };
  });
  const forwarding = (owner.method ?? servers[0]?.method)?.forwarding ?? 'nat';
  const backends: Backend[] = [];
  for (const { statement, fields, method } of servers) {
    const backend = backendOf(work, statement, [fields, service], { ...owner, method });
    if (backend === null) continue;
    const own = method?.forwarding ?? 'nat';
    if (own !== forwarding) work.putOr(backend, 'forwarding', own, method?.from);
    work.push(backends, backend, statement, ...alphas([fields]));
    notify(work, backend, statement, [fields, service], owner);
    fields.tellRest('real_server');
  }
  return { backends, forwarding };
}

type Levels = readonly [Fields, Fields];

function backendOf(work: Import, statement: Statement, levels: Levels, owner: Owner): Backend | null {
  const [fields, service] = levels;
  const [address = ''] = statement.words;
  const backend: Backend = { address };
  const { method, globals, ssl, files } = owner;
  if (!port(work, backend, statement, fields, owner)) return null;
  const own = fields.integer('weight', 0, 65_535);
  const weight = own.from === undefined ? service.integer('weight', 0, 65_535) : own;
  work.putOr(backend, 'weight', weight.value ?? 1, weight.from);
  const most = fields.integer('uthreshold', 0, 2 ** 32 - 1);
  if (most.from !== undefined) work.put(backend, 'max_connections', most.value, most.from);
  if (method !== null) {
    if (method.tunnel) work.put(backend, 'tunnel', method.tunnel, method.from);
    else work.use(method.from);
  }
  const checked: Checked = { work, levels, address, globals, ssl, files, apart: apart(statement, owner) };
  const checks = checksOf(checked, fields.statements);
  backend.checks = checks.length === 0 ? [standIn(checked, statement, levels)] : checks;
  return backend;
}

const isDirect = ({ method }: Owner): boolean => method?.forwarding === 'dsr' || method?.forwarding === 'tun';

/** The kernel sends packets to the virtual server's port, and the checks go to that of the line. */
function apart(statement: Statement, owner: Owner): Statement | null {
  const written = integerOf(statement.words[1] ?? '');
  const { place } = owner;
  return isDirect(owner) && place.kind === 'address' && written !== null && written !== place.port ? statement : null;
}

/** False where there is none, and the backend was left out for it. */
function port(work: Import, backend: Backend, statement: Statement, fields: Fields, owner: Owner): boolean {
  const written = integerOf(statement.words[1] ?? '');
  const { method, place } = owner;
  if (place.kind === 'address') {
    if (written === null || written === place.port) return true;
    if (apart(statement, owner) !== null)
      work.otherwise(
        statement,
        `its port is that of the virtual server, ${place.port}: ${method?.from.words[0]} changes none`,
      );
    else work.put(backend, 'port', written, statement);
    return true;
  }
  if (written !== null && written > 0) {
    work.put(backend, 'port', written, statement);
    return true;
  }
  const connect = fields.statements
    .flatMap(({ block }) => block ?? [])
    .find(({ keyword }) => keyword === 'connect_port');
  const found = integerOf(connect?.words[0] ?? '');
  if (found === null || connect === undefined) {
    work.leaveOut(statement, 'a backend here has a port, and neither it nor a check (connect_port) names one');
    return false;
  }
  if (!isDirect(owner))
    work.otherwise(statement, `packets with the mark go to its port ${found}, and keepalived leaves the port as it is`);
  work.put(backend, 'port', found, statement, connect);
  return true;
}

/** A script is told of this backend alone: a name of its own tells it from the same server in another service. */
function notify(
  work: Import,
  backend: Backend,
  statement: Statement,
  [fields, service]: Levels,
  { hooks, name, place }: Owner,
): void {
  const server = hostPort(backend.address, backend.port ?? (place.kind === 'address' ? place.port : 0));
  if (fields.all('notify_up', 'notify_down').length > 0) {
    const own = `${server}@${name}`;
    const subject: Subject = { name: own, on: ['backend-state'], names: [own] };
    work.put(backend, 'name', own, statement);
    hooks.add(fields, 'notify_up', subject, ['healthy']);
    hooks.add(fields, 'notify_down', subject, ['unhealthy', 'disabled']);
  }
  hooks.mails.add('backends', backend.name ?? server, fields, service);
}
