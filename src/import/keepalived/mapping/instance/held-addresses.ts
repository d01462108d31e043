/** virtual_ipaddress and virtual_ipaddress_excluded. */
import { familyOf } from '../../../../model/ip-address.js';
import type { HeldAddress, Instance } from '../../../document.js';
import type { Statement } from '../../language/blocks.js';
import type { Fields } from '../fields.js';
import type { Import } from '../import.js';
import { optionsOf, plain } from './options.js';

/** Options that have a value and that Fulcrum has not. */
const LOST = ['brd', 'broadcast', 'peer', 'preferred_lft', 'track_group'];
const LOST_FLAGS = ['home', '-nodad', 'mngtmpaddr', 'noprefixroute', 'autojoin', 'use_vmac'];
const SCOPES = ['global', 'site', 'link', 'host', 'nowhere'] as const;
/** As keepalived shows them in its manual, with the kernel's numbers. */
const SCOPE_NUMBERS: Readonly<Record<string, string>> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host' };
export const PUT_BACK = 'what someone removes is put back here, and the instance stays master';

export function heldAddresses(work: Import, instance: Instance, fields: Fields): void {
  instance.addresses = listed(work, instance, 'addresses', fields.all('virtual_ipaddress'));
  const extra = listed(work, instance, 'extra_addresses', fields.all('virtual_ipaddress_excluded'));
  if (extra.length > 0) instance.extra_addresses = extra;
}

function listed(
  work: Import,
  instance: Instance,
  key: 'addresses' | 'extra_addresses',
  blocks: readonly Statement[],
): HeldAddress[] {
  const list: HeldAddress[] = [];
  for (const block of blocks) {
    work.use(block);
    work.trace.note(instance, key, block);
    for (const line of block.block ?? []) work.push(list, heldAddress(work, instance, line), line);
  }
  return list;
}

function heldAddress(work: Import, instance: Instance, line: Statement): HeldAddress {
  const names = plain(['dev', 'label', 'scope', ...LOST]);
  const { values, flags, rest } = optionsOf(line.words, names, [...LOST_FLAGS, 'no_track']);
  const lost = [...[...values.keys()].filter((name) => LOST.includes(name)), ...flags, ...rest];
  const address = withLength(line.keyword);
  const scope = scopeOf(values.get('scope'));
  if (values.has('scope') && scope === undefined) lost.push('scope');
  if (flags.has('no_track')) work.otherwise(line, PUT_BACK);
  const unsaid = lost.filter((word) => word !== 'no_track');
  if (unsaid.length > 0) work.otherwise(line, `it has the kernel's defaults instead of ${unsaid.join(', ')}`);
  const [link, label] = [values.get('dev'), values.get('label')];
  const more = {
    ...(link === undefined || link === instance.interface ? {} : { interface: link }),
    ...(label === undefined ? {} : { label }),
    ...(scope === undefined ? {} : { scope }),
  };
  return Object.keys(more).length === 0 ? address : { address, ...more };
}

/** Undefined for what has no name here. */
export const scopeOf = (text: string | undefined) =>
  SCOPES.find((scope) => scope === text || (text !== undefined && SCOPE_NUMBERS[text] === scope));

/** Without a prefix length it is one host. */
export const withLength = (address: string): string => {
  if (address.includes('/')) return address;
  return `${address}/${familyOf(address) === 'ipv6' ? 128 : 32}`;
};
