/** virtual_routes and virtual_rules, whose lines are written as for ip(8). */
import { familyOf } from '../../../../model/ip-address.js';
import type { Instance, Route, Rule } from '../../../document.js';
import type { Statement } from '../../language/blocks.js';
import { type Fields, integerOf } from '../fields.js';
import type { Import } from '../import.js';
import { PUT_BACK, scopeOf, withLength } from './held-addresses.js';
import { type Options, optionsOf, plain } from './options.js';

const TABLES: Readonly<Record<string, number>> = { default: 253, main: 254, local: 255 };
/** The rules without a priority have this one, and each the next lower one. */
const FIRST_PRIORITY = 16_384;
const ALL = { ipv4: '0.0.0.0/0', ipv6: '::/0' };

/** Of the rules of all instances without a priority of their own, in the order of the file. */
export class RulePriorities {
  readonly #next = { ipv4: FIRST_PRIORITY, ipv6: FIRST_PRIORITY };

  take(family: 'ipv4' | 'ipv6'): number {
    this.#next[family] -= 1;
    return this.#next[family] + 1;
  }
}

export function routing(work: Import, instance: Instance, fields: Fields, priorities: RulePriorities): void {
  const routes = lines<Route>(work, instance, 'routes', fields, (line) => routeOf(work, line));
  if (routes.length > 0) instance.routes = routes;
  const rules = lines<Rule>(work, instance, 'rules', fields, (line) => ruleOf(work, line, priorities));
  if (rules.length > 0) instance.rules = rules;
}

/** `read` answers with null for a line that it left out. */
function lines<Item>(
  work: Import,
  instance: Instance,
  key: 'routes' | 'rules',
  fields: Fields,
  read: (line: Statement) => Item | null,
): Item[] {
  const list: Item[] = [];
  for (const block of fields.all(`virtual_${key}`)) {
    work.use(block);
    work.trace.note(instance, key, block);
    for (const line of block.block ?? []) {
      const item = read(line);
      if (item !== null) work.push(list, item, line);
    }
  }
  return list;
}

const ROUTE_NAMES = {
  ...plain(['dev', 'table', 'scope', 'src', 'to', 'mtu', 'protocol', 'track_group']),
  oif: 'dev',
  via: 'via',
  gw: 'via',
  ...Object.fromEntries(['metric', 'priority', 'preference'].map((word) => [word, 'metric'])),
};
/** How the kernel sends along a route: it goes the same way without them. */
const TUNING = plain(
  `hoplimit advmss rtt rttvar reordering window cwnd ssthresh rto_min initcwnd initrwnd features quickack congctl
  fastopen_no_cookie pref`.split(/\s+/u),
);
const ROUTE_TYPES = ['blackhole', 'unreachable', 'prohibit', 'throw'] as const;

function routeOf(work: Import, line: Statement): Route | null {
  const { keyword, words } = line;
  const options = optionsOf([keyword, ...words], { ...ROUTE_NAMES, ...TUNING }, [
    ...ROUTE_TYPES,
    ...['unicast', 'onlink', 'no_track', 'append', 'inet', 'inet6'],
  ]);
  const { values, flags, rest } = options;
  const [destination = values.get('to'), ...unknown] = rest;
  if (destination === undefined) return leave(work, line, 'it says no destination');
  if (unknown.some((word) => word === 'or' || word === 'nexthop'))
    return leave(work, line, 'a route here has one gateway');
  if (unknown.length > 0) return leave(work, line, `a route here has no '${unknown[0]}'`);
  const [via, source] = [values.get('via'), values.get('src')];
  const route: Route = { to: networkOf(destination, via ?? source) };
  const type = ROUTE_TYPES.find((each) => flags.has(each));
  if (type !== undefined) route.type = type;
  if (via !== undefined) route.via = via;
  const link = values.get('dev');
  if (link !== undefined) route.interface = link;
  if (flags.has('onlink')) route.on_link = true;
  if (!table(work, line, options, route)) return null;
  for (const key of ['metric', 'mtu'] as const) {
    const text = values.get(key);
    const value = text === undefined ? null : integerOf(text);
    if (value !== null) route[key] = value;
  }
  if (source !== undefined) route.source = source;
  const scope = scopeOf(values.get('scope'));
  if (scope !== undefined) route.scope = scope;
  // ip(8) and Fulcrum take `link`.
  else if (type === undefined && via === undefined && !route.to.includes(':'))
    work.putOr(route, 'scope', 'global', undefined);
  const tuned = [...values.keys()].filter((name) => Object.hasOwn(TUNING, name));
  if (tuned.length > 0) work.otherwise(line, `the route is without ${tuned.join(', ')}`);
  if (values.has('protocol')) work.otherwise(line, 'routes of Fulcrum have its own protocol number');
  if (flags.has('no_track')) work.otherwise(line, PUT_BACK);
  return route;
}

const RULE_NAMES = {
  ...plain(['from', 'to', 'iif', 'oif', 'fwmark', 'suppress_prefixlength', 'protocol', 'track_group']),
  dev: 'iif',
  table: 'table',
  lookup: 'table',
  tos: 'tos',
  dsfield: 'tos',
  suppress_prefixlen: 'suppress_prefixlength',
  ...Object.fromEntries(['priority', 'preference', 'pref', 'order'].map((word) => [word, 'priority'])),
};
const RULE_TYPES = ['blackhole', 'unreachable', 'prohibit'] as const;

function ruleOf(work: Import, line: Statement, priorities: RulePriorities): Rule | null {
  const { keyword, words } = line;
  const options = optionsOf([keyword, ...words], RULE_NAMES, [...RULE_TYPES, 'not', 'no_track', 'inet', 'inet6']);
  const { values, flags, rest } = options;
  if (rest.length > 0) return leave(work, line, `a rule here has no '${rest[0]}'`);
  const rule: Rule = {};
  for (const key of ['from', 'to'] as const) {
    const text = values.get(key);
    if (text !== undefined && text !== 'all') rule[key] = networkOf(text, values.get(key === 'to' ? 'from' : 'to'));
  }
  const isIPv6 = flags.has('inet6') || familyOf((rule.from ?? rule.to ?? '').split('/')[0] ?? '') === 'ipv6';
  if (rule.from === undefined && rule.to === undefined && isIPv6) rule.family = 'ipv6';
  for (const key of ['iif', 'oif'] as const) {
    const link = values.get(key);
    if (link !== undefined) rule[key] = link;
  }
  const [mark, mask] = (values.get('fwmark') ?? '').split('/').map(numberOf);
  if (mark != null) rule.fwmark = mark;
  if (mask != null) rule.fwmask = mask;
  if (flags.has('not')) rule.not = true;
  const type = RULE_TYPES.find((each) => flags.has(each));
  if (type !== undefined) rule.type = type;
  if (!table(work, line, options, rule)) return null;
  const tos = numberOf(values.get('tos') ?? '');
  if (tos !== null) rule.tos = tos;
  const suppressed = integerOf(values.get('suppress_prefixlength') ?? '');
  if (suppressed !== null) rule.suppress_prefix_length = suppressed;
  rule.priority = integerOf(values.get('priority') ?? '') ?? priorities.take(isIPv6 ? 'ipv6' : 'ipv4');
  if (values.has('protocol')) work.otherwise(line, 'rules of Fulcrum have its own protocol number');
  if (flags.has('no_track')) work.otherwise(line, PUT_BACK);
  return rule;
}

/** False where it has a table that no number is known of: the line is left out. */
function table(work: Import, line: Statement, { values }: Options, target: Route | Rule): boolean {
  const text = values.get('table');
  if (text === undefined) return true;
  const number = TABLES[text] ?? numberOf(text);
  if (number === null) {
    leave(work, line, `'${text}' is the name of a table: write its number, which is in rt_tables of iproute2`);
    return false;
  }
  target.table = number;
  return true;
}

const leave = (work: Import, line: Statement, why: string): null => {
  work.leaveOut(line, why);
  return null;
};

/** `default` and `all` are of the family of `other`. */
const networkOf = (text: string, other: string | undefined): string => {
  if (text === 'default' || text === 'all' || text === 'any') {
    return ALL[other?.includes(':') === true ? 'ipv6' : 'ipv4'];
  }
  return withLength(text);
};

/** Decimal, or hexadecimal as `0x10`; null for any other text. */
const numberOf = (text: string): number | null =>
  /^0x[0-9a-f]{1,8}$/iu.test(text) ? Number.parseInt(text, 16) : integerOf(text);
