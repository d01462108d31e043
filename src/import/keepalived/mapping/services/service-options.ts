/** What a service says beside its backends. */
import { rangeText } from '../../../../model/address-range.js';
import { hostPort } from '../../../../model/ip-address.js';
import { NS_PER_S, ns } from '../../../../model/units.js';
import { ipvsSchedulers } from '../../../../wire/ipvs/types.js';
import { formatHumantime } from '../../../../wire/text/humantime.js';
import type { Service } from '../../../document.js';
import { type Fields, integerOf } from '../fields.js';
import type { Import } from '../import.js';
import { type Method, methodOf } from './forwarding.js';
import type { Place } from './places.js';

export function target(work: Import, service: Service, place: Place, fields: Fields): void {
  const family = fields.word('ip_family');
  if (place.kind === 'address') {
    const addresses = place.ranges.map(rangeText);
    if (addresses.length === 1 && addresses[0] === place.address)
      work.put(service, 'address', place.address, ...place.from);
    else work.put(service, 'addresses', addresses, ...place.from);
    work.put(service, 'port', place.port, ...place.from);
    return;
  }
  work.put(service, 'fwmark', place.mark, ...place.from);
  const word = place.family ?? family.value;
  if (word === 'inet6' || word === 'inet') {
    const from = family.from === undefined ? place.from : [family.from];
    work.put(service, 'family', word === 'inet6' ? 'ipv6' : 'ipv4', ...from);
  }
}

const FLAGS = ['flag-1', 'flag-2', 'flag-3', 'sh-port', 'sh-fallback', 'mh-port', 'mh-fallback'] as const;
/** keepalived's own default, where a line has no number. */
const PERSISTENCE = 360;

export function scheduling(work: Import, service: Service, fields: Fields): void {
  const { value, from } = fields.word('lb_algo', 'lvs_sched');
  const scheduler = ipvsSchedulers.find((known) => known === value);
  if (from !== undefined && scheduler === undefined) work.leaveOut(from, `the scheduler '${value}' is not known here`);
  work.putOr(service, 'scheduler', scheduler ?? 'wlc', scheduler === undefined ? undefined : from);
  const flags = FLAGS.flatMap((flag) => {
    const statement = fields.one(flag);
    return statement === undefined ? [] : [{ flag, statement }];
  });
  if (flags.length > 0) {
    const statements = flags.map(({ statement }) => statement);
    work.put(
      service,
      'scheduler_flags',
      flags.map(({ flag }) => flag),
      ...statements,
    );
  }
  const ops = fields.one('ops');
  if (ops !== undefined) work.put(service, 'one_packet', true, ops);
  persistence(work, service, fields);
}

/** A granularity alone is persistence too, of the default time. */
function persistence(work: Import, service: Service, fields: Fields): void {
  const from = fields.one('persistence_timeout');
  const net = fields.word('persistence_granularity');
  if (from === undefined && net.from === undefined) return;
  const seconds = from?.words[0] === undefined ? PERSISTENCE : integerOf(from.words[0]);
  if (seconds === null || seconds <= 0) {
    if (from !== undefined && seconds === 0) work.use(from);
    else if (from !== undefined) work.leaveOut(from, `'${from.words[0]}' is no number of seconds`);
    if (net.from !== undefined) work.leaveOut(net.from, 'there is no persistence');
    return;
  }
  const timeout = formatHumantime(ns(seconds * NS_PER_S));
  const lines = [from, net.from].flatMap((line) => line ?? []);
  const granularity = net.value === undefined ? undefined : (integerOf(net.value) ?? net.value);
  work.put(service, 'persistence', granularity === undefined ? timeout : { timeout, granularity }, ...lines);
}

/** `method`: of the virtual server, which it has where it has none of its own. */
export function sorry(work: Import, service: Service, place: Place, fields: Fields, method: Method | null): void {
  const from = fields.one('sorry_server');
  if (from === undefined) return;
  const own = methodOf(work, fields.one('sorry_server_lvs_method'));
  const { forwarding = 'nat', tunnel = null } = own ?? method ?? {};
  const inhibited = fields.flag('sorry_server_inhibit');
  const inhibit = inhibited.value === true;
  const [address = '', written] = from.words;
  // Whoever is reached directly gets what the client sent, to the same port.
  const isDirect = forwarding !== 'nat' && place.kind === 'address';
  const port = (isDirect ? null : integerOf(written ?? '')) ?? (place.kind === 'address' ? place.port : null);
  const lines = [from, ...(own === null ? [] : [own.from]), ...(inhibited.from === undefined ? [] : [inhibited.from])];
  if (port === null) {
    for (const line of lines) work.leaveOut(line, 'a sorry server here has a port');
    return;
  }
  const value =
    forwarding === 'nat' && !inhibit
      ? hostPort(address, port)
      : { address, port, forwarding, ...(tunnel ? { tunnel } : {}), inhibit };
  work.put(service, 'sorry', value, ...lines);
}

/** By service here; keepalived says it of each real server too. */
export function inhibit(work: Import, service: Service, fields: Fields): void {
  const own = fields.flag('inhibit_on_failure');
  const servers = fields.all('real_server');
  const theirs = servers.flatMap(({ block }) =>
    (block ?? []).filter(({ keyword }) => keyword === 'inhibit_on_failure'),
  );
  if (own.from !== undefined) {
    work.put(service, 'on_unhealthy', own.value ? 'inhibit' : 'remove', own.from);
    return;
  }
  if (theirs.length === servers.length && theirs.every(({ words }) => words.length === 0)) {
    work.put(service, 'on_unhealthy', 'inhibit', ...theirs);
  }
  for (const statement of theirs) {
    if (!work.isTold(statement)) work.leaveOut(statement, 'it is an option of the whole service here: on_unhealthy');
  }
}
