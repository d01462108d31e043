/** What a VRRP master changes in the kernel. */
import { type RouteChange, writeRouteChange } from './ip-routes.js';
import { type RuleChange, writeRuleChange } from './ip-rules.js';
import { type AddressChange, writeAddressChange } from './route.js';
import type { NetlinkWriter } from './writer.js';

export type KernelChange = AddressChange | RouteChange | RuleChange;

export function writeChange(writer: NetlinkWriter, change: KernelChange, sequence: number): void {
  if (change.kind === 'address') writeAddressChange(writer, change, sequence);
  else if (change.kind === 'route') writeRouteChange(writer, change, sequence);
  else writeRuleChange(writer, change, sequence);
}
