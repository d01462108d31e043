/** Rules of policy routing (linux/fib_rules.h): how they are asked for, added and removed. */

import type { Family } from '../../model/ip-address.js';
import type { VrrpRuleType } from '../../model/routing-config.js';
import { attributeMap, HOST_LITTLE_ENDIAN, type NetlinkMessage, readText, readU8, readU32 } from './reader.js';
import {
  changeFlags,
  DUMP_FLAGS,
  familyNumber,
  familyOfNumber,
  headerTable,
  type Network,
  networkText,
  OUR_PROTOCOL,
} from './rtnetlink.js';
import type { NetlinkWriter } from './writer.js';

const RTM_NEWRULE = 32;
export const RTM_DELRULE = 33;
const RTM_GETRULE = 34;

// struct fib_rule_hdr: u8 family, u8 destination length, u8 source length, u8 tos, u8 table, u8, u8, u8 action, u32 flags.
const RULE_HEADER_BYTES = 12;
const FRA_DST = 1;
const FRA_SRC = 2;
const FRA_IIFNAME = 3;
const FRA_PRIORITY = 6;
const FRA_FWMARK = 10;
const FRA_SUPPRESS_PREFIXLEN = 14;
const FRA_TABLE = 15;
const FRA_FWMASK = 16;
const FRA_OIFNAME = 17;
const FRA_PROTOCOL = 21;
const FIB_RULE_INVERT = 2;
/** What the kernel tells where nothing is suppressed: -1. */
const NO_SUPPRESSION = 0xffffffff;

const typeNumbers: Readonly<Record<VrrpRuleType, number>> = {
  lookup: 1,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
};

export type Rule = {
  readonly family: Family;
  /** Null = from anywhere. */
  readonly from: Network | null;
  readonly to: Network | null;
  readonly iif: string | null;
  readonly oif: string | null;
  /** Both 0 = any. */
  readonly fwmark: number;
  readonly fwmask: number;
  readonly tos: number;
  /** All packets but those. */
  readonly not: boolean;
  readonly priority: number;
  readonly type: VrrpRuleType;
  /** 0 where nothing is looked up. */
  readonly table: number;
  readonly suppressPrefixLength: number | null;
};

/** The kernel answers EEXIST to one that is there, whoever made it, and ENOENT where none of ours is to be removed. */
export type RuleChange = { readonly kind: 'rule'; readonly op: 'add' | 'remove'; readonly rule: Rule };

export function writeRuleChange(writer: NetlinkWriter, { op, rule }: RuleChange, sequence: number): void {
  const add = op === 'add';
  writer.begin({
    type: add ? RTM_NEWRULE : RTM_DELRULE,
    flags: changeFlags(add),
    sequence,
  });
  const { from, to, table } = rule;
  const header = new Uint8Array(RULE_HEADER_BYTES);
  header.set([
    familyNumber(rule.family),
    to?.prefixLength ?? 0,
    from?.prefixLength ?? 0,
    rule.tos,
    headerTable(table),
    0,
    0,
    typeNumbers[rule.type],
  ]);
  new DataView(header.buffer).setUint32(8, rule.not ? FIB_RULE_INVERT : 0, HOST_LITTLE_ENDIAN);
  writer.raw(header);
  if (to !== null) writer.bytes(FRA_DST, to.address);
  if (from !== null) writer.bytes(FRA_SRC, from.address);
  if (rule.iif !== null) writer.text(FRA_IIFNAME, rule.iif);
  if (rule.oif !== null) writer.text(FRA_OIFNAME, rule.oif);
  writer.u32(FRA_PRIORITY, rule.priority);
  if (rule.fwmask !== 0) {
    writer.u32(FRA_FWMARK, rule.fwmark);
    writer.u32(FRA_FWMASK, rule.fwmask);
  }
  if (table !== 0) writer.u32(FRA_TABLE, table);
  if (rule.suppressPrefixLength !== null) writer.u32(FRA_SUPPRESS_PREFIXLEN, rule.suppressPrefixLength);
  writer.u8(FRA_PROTOCOL, OUR_PROTOCOL);
  writer.end();
}

export function writeRuleDump(writer: NetlinkWriter, family: Family, sequence: number): void {
  writer.begin({ type: RTM_GETRULE, flags: DUMP_FLAGS, sequence });
  const header = new Uint8Array(RULE_HEADER_BYTES);
  header[0] = familyNumber(family);
  writer.raw(header);
  writer.end();
}

/** A rule of ours; null for any other message, for rules of others, and for what no configuration can say. */
export function readOwnRule({ type, payload }: NetlinkMessage): Rule | null {
  if ((type !== RTM_NEWRULE && type !== RTM_DELRULE) || payload.length < RULE_HEADER_BYTES) return null;
  const attributes = attributeMap(payload.subarray(RULE_HEADER_BYTES));
  if (attributes === null || readU8(attributes.get(FRA_PROTOCOL)) !== OUR_PROTOCOL) return null;
  const [number = 0, toLength = 0, fromLength = 0, tos = 0, headTable = 0, , , action] = payload;
  const family = familyOfNumber(number);
  const known = Object.entries(typeNumbers).find(([, value]) => value === action);
  if (family === null || known === undefined) return null;
  const suppressed = readU32(attributes.get(FRA_SUPPRESS_PREFIXLEN)) ?? NO_SUPPRESSION;
  const flags = new DataView(payload.buffer, payload.byteOffset).getUint32(8, HOST_LITTLE_ENDIAN);
  return {
    family,
    from: networkOf(attributes.get(FRA_SRC), fromLength),
    to: networkOf(attributes.get(FRA_DST), toLength),
    iif: readText(attributes.get(FRA_IIFNAME)),
    oif: readText(attributes.get(FRA_OIFNAME)),
    fwmark: readU32(attributes.get(FRA_FWMARK)) ?? 0,
    fwmask: readU32(attributes.get(FRA_FWMASK)) ?? 0,
    tos,
    not: (flags & FIB_RULE_INVERT) !== 0,
    priority: readU32(attributes.get(FRA_PRIORITY)) ?? 0,
    type: known[0] as VrrpRuleType,
    table: readU32(attributes.get(FRA_TABLE)) ?? headTable,
    suppressPrefixLength: suppressed === NO_SUPPRESSION ? null : suppressed,
  };
}

export const isRuleGone = (message: NetlinkMessage): boolean =>
  message.type === RTM_DELRULE && readOwnRule(message) !== null;

const networkOf = (address: Uint8Array | undefined, prefixLength: number): Network | null =>
  address === undefined ? null : { address: Uint8Array.from(address), prefixLength };

/** As ip(8) writes it, with all that tells it from others: `from 10.0.0.100/32 table 100 priority 16384`. */
export function ruleText(rule: Rule): string {
  const { family, from, to, iif, oif, fwmask, tos, not, type, suppressPrefixLength } = rule;
  return [
    ...(from === null && to === null ? [family] : []),
    ...(not ? ['not'] : []),
    ...(from === null ? [] : [`from ${networkText(from)}`]),
    ...(to === null ? [] : [`to ${networkText(to)}`]),
    ...(iif === null ? [] : [`iif ${iif}`]),
    ...(oif === null ? [] : [`oif ${oif}`]),
    ...(fwmask === 0 ? [] : [`fwmark ${rule.fwmark}/${fwmask}`]),
    ...(tos === 0 ? [] : [`tos ${tos}`]),
    type === 'lookup' ? `table ${rule.table}` : type,
    ...(suppressPrefixLength === null ? [] : [`suppress_prefixlength ${suppressPrefixLength}`]),
    `priority ${rule.priority}`,
  ].join(' ');
}
