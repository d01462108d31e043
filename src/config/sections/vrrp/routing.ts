/** The routes and rules that an instance brings while it is master. */
import type { z } from 'zod';
import { type Family, familyOf } from '../../../model/ip-address.js';
import { ipAddress, network } from '../../../schema/addresses.js';
import { bool, integer, interfaceName, word } from '../../../schema/leaves.js';
import { list, map } from '../../../schema/maps.js';
import type { Report, Steps, Unique } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import { scope } from './held-addresses.js';

const MAX_U32 = 0xffffffff;
/** The kernel's RT_TABLE_MAIN. */
const MAIN_TABLE = 254;
/** Where the rules of keepalived begin. */
const RULE_PRIORITY = 16_384;
/** Of the bits of an IPv6 prefix. */
const MAX_PREFIX = 128;
/** Each is a call to the kernel on the thread of the adverts. */
const MAX_ENTRIES = 1024;

const table = () => integer('a routing table', 1, MAX_U32);
const u32 = (what: string, least: number) => integer(what, least, MAX_U32);

const route = map({
  to: network('a network').describe('The destination: 10.9.0.0/16, or 0.0.0.0/0 or ::/0 for all'),
  type: word(['unicast', 'blackhole', 'unreachable', 'prohibit', 'throw'])
    .default('unicast')
    .describe('What becomes of the packets; all but unicast have neither `via` nor `interface`'),
  via: ipAddress('a gateway').nullable().default(null).describe('The gateway'),
  interface: interfaceName()
    .nullable()
    .default(null)
    .describe("Where it leaves; default: where `via` is reached, or without `via` the instance's own"),
  on_link: bool().default(false).describe('`via` is on the link, whatever addresses the interface has'),
  table: table().default(MAIN_TABLE).describe('The routing table; 254 is the main one'),
  metric: u32('a metric', 0).default(0).describe("The lower one is used; 0: the kernel's own"),
  source: ipAddress().nullable().default(null).describe('The source address of what this node sends there'),
  scope: scope()
    .nullable()
    .default(null)
    .describe('IPv4: how far it is known; default: link without `via`, else global'),
  mtu: integer('an MTU', 68, 65_535).nullable().default(null).describe('The longest packet that is sent there'),
});

const rule = map({
  from: network('a network').nullable().default(null).describe('Packets from there'),
  to: network('a network').nullable().default(null).describe('Packets to there'),
  family: word(['ipv4', 'ipv6']).nullable().default(null).describe('Needed without `from` and `to`, for IPv6'),
  iif: interfaceName().nullable().default(null).describe('Packets that came in there; lo: those of this host'),
  oif: interfaceName().nullable().default(null).describe('Packets of sockets that are bound to it'),
  fwmark: u32('a firewall mark', 0).nullable().default(null).describe('Packets with this mark'),
  fwmask: u32('a mask', 1).nullable().default(null).describe('The bits of the mark that count; default: all'),
  tos: integer('a type of service', 0, 255).default(0).describe('Packets with this type of service; 0: any'),
  not: bool().default(false).describe('All packets but those'),
  type: word(['lookup', 'blackhole', 'unreachable', 'prohibit'])
    .default('lookup')
    .describe('What becomes of the packets; lookup asks `table`'),
  table: table().nullable().default(null).describe('The routing table that is asked'),
  priority: u32('a priority', 1)
    .default(RULE_PRIORITY)
    .describe('The lower one is asked first; of equal ones the first that was added'),
  suppress_prefix_length: integer('a prefix length', 0, MAX_PREFIX)
    .nullable()
    .default(null)
    .describe('Routes with a prefix of this length or shorter do not count'),
});

export const routing = {
  routes: list(route, 'routes').max(MAX_ENTRIES).prefault([]).describe('Routes that the kernel has while it is master'),
  rules: list(rule, 'rules')
    .max(MAX_ENTRIES)
    .prefault([])
    .describe('Rules of policy routing that the kernel has while it is master'),
};

type RouteDraft = Draft<z.output<typeof route>>;
type RuleDraft = Draft<z.output<typeof rule>>;
type RoutingDraft = {
  readonly routes?: readonly (RouteDraft | undefined)[] | undefined;
  readonly rules?: readonly (RuleDraft | undefined)[] | undefined;
};

/** `taken`: the routes and rules of all instances. */
export const routingRules = ({ routes, rules }: RoutingDraft, path: Steps, taken: Unique, report: Report): void => {
  routes?.forEach((each, index) => {
    if (each === undefined) return;
    const at = [...path, 'routes', index];
    if (each.to?.address !== undefined && each.to.prefixLength !== undefined) {
      const key = `${each.to.address}/${each.to.prefixLength} of table ${each.table} with metric ${each.metric}`;
      taken.add(key, at, (first) => `the route to ${key} is already at ${first}`);
    }
    routeRules(each, at, report);
  });
  rules?.forEach((each, index) => {
    if (each === undefined) return;
    const at = [...path, 'rules', index];
    taken.add(`rule ${JSON.stringify(each)}`, at, (first) => `this rule is already at ${first}`);
    ruleRules(each, at, report);
  });
};

const routeRules = (route: RouteDraft, at: Steps, report: Report): void => {
  const family = familyIn(route.to);
  for (const option of ['via', 'source'] as const) {
    const address = route[option];
    if (address == null || family === null || familyOf(address) === family) continue;
    report.error([...at, option], `${address} is not of the family of \`to\``);
  }
  if (route.on_link === true && route.via === null) report.error([...at, 'on_link'], "it is said of 'via': add one");
  if (family === 'ipv6' && route.scope != null) {
    report.warning([...at, 'scope'], 'the kernel has none for IPv6: no effect');
  }
  if (route.type === undefined || route.type === 'unicast') return;
  for (const option of ['via', 'interface', 'source', 'mtu'] as const) {
    if (route[option] == null) continue;
    report.error([...at, option], `a route of type ${route.type} goes nowhere: leave it out`);
  }
};

const ruleRules = (rule: RuleDraft, at: Steps, report: Report): void => {
  const families = new Set([familyIn(rule.from), familyIn(rule.to), rule.family ?? null].filter((one) => one !== null));
  if (families.size > 1) report.error(at, 'from, to and family of one rule are of one family: write two rules');
  if (rule.type === 'lookup' && rule.table === null) {
    report.error(at, 'missing: a rule needs a table to look into, such as 100, or a type such as blackhole');
  }
  if (rule.type !== undefined && rule.type !== 'lookup') {
    for (const option of ['table', 'suppress_prefix_length'] as const) {
      if (rule[option] != null) report.error([...at, option], `a rule of type ${rule.type} looks nothing up`);
    }
  }
  if (rule.fwmask != null && rule.fwmark === null) report.error([...at, 'fwmask'], "it is said of 'fwmark': add one");
  const { fwmark, fwmask } = rule;
  if (fwmark != null && fwmask != null && (fwmark & ~fwmask) !== 0) {
    report.error([...at, 'fwmark'], 'it has bits that the mask leaves out, so no packet would match');
  }
};

const familyIn = (network: Draft<{ readonly address: string }> | null | undefined): Family | null =>
  network?.address === undefined ? null : familyOf(network.address);
