/**
 * What only newer kernels have. An older one does not refuse it, but ignores the attribute: a GUE tunnel would become plain
 * IP in IP, an IPv6 backend some IPv4 address. So the first use is read back, and taken back where it is not there.
 */

import type { Change } from '../../../model/dataplane/change.js';
import { type ChangeResult, done } from '../../../model/dataplane/change.js';
import { familyOf } from '../../../model/dataplane/table.js';
import { canonicalAddress } from '../../../model/ip-address.js';
import type { IpvsDestination } from '../../../wire/ipvs/types.js';
import { ipvsKey, toIpvsDestination } from './entry.js';
import type { IpvsKernel } from './kernel.js';

type Feature = 'tunnels' | 'mixed families';
type Writes = Extract<Change, { kind: 'add-destination' | 'set-destination' | 'replace-destination' }>;

export class IpvsFeatures {
  readonly #kernel: Pick<IpvsKernel, 'destinations' | 'send'>;
  /** What was tried; absent = not yet. */
  readonly #has = new Map<Feature, boolean>();
  /** What was not there when it was read back. */
  readonly #missed = new Set<Feature>();

  constructor(kernel: Pick<IpvsKernel, 'destinations' | 'send'>) {
    this.#kernel = kernel;
  }

  /** The refusal of a change that this kernel is known not to carry out; null = try it. */
  refusal(change: Change): ChangeResult | null {
    const needed = needOf(change);
    return needed !== null && this.#has.get(needed.feature) === false ? unsupported(needed) : null;
  }

  /** Whether a change that went well must be looked at. */
  isUnproven(change: Change): boolean {
    const needed = needOf(change);
    return needed !== null && this.#has.get(needed.feature) !== true;
  }

  /** Reads back the first use of a feature; answers with the result that an unproven change has in truth. */
  async check(change: Change): Promise<ChangeResult> {
    const needed = needOf(change);
    if (needed === null) return done;
    const has = this.#has.get(needed.feature) ?? (await this.#tryOut(needed));
    if (has !== null) this.#has.set(needed.feature, has);
    if (has) return done;
    const { address, port } = needed.write.destination;
    await this.#kernel.send([
      { kind: 'delDest', service: ipvsKey(change.service.match), destination: { address, port } },
    ]);
    return has === null ? unproven(needed) : unsupported(needed);
  }

  /**
   * Null = it cannot be told: the table cannot be read now, or the entry is not there. That may be another program's doing,
   * so a kernel is judged by it at the second time only.
   */
  async #tryOut({ feature, write }: Need): Promise<boolean | null> {
    const wanted = toIpvsDestination(write.destination);
    const held = await this.#kernel.destinations(ipvsKey(write.service.match)).catch(() => null);
    const found = held?.find((one) => isSamePlace(one, wanted));
    if (found !== undefined) return isSameTunnel(found, wanted);
    if (held === null) return null;
    if (this.#missed.has(feature)) return false;
    this.#missed.add(feature);
    return null;
  }
}

type Need = { readonly feature: Feature; readonly write: Writes };

function needOf(change: Change): Need | null {
  switch (change.kind) {
    case 'add-service':
    case 'set-service':
    case 'remove-service':
    case 'remove-destination':
      return null;
    case 'add-destination':
    case 'set-destination':
    case 'replace-destination': {
      const feature = featureOf(change);
      return feature === null ? null : { feature, write: change };
    }
    default:
      return change satisfies never;
  }
}

function featureOf({ service, destination }: Writes): Feature | null {
  if (destination.tunnel !== null && destination.tunnel.type !== 'ipip') return 'tunnels';
  const ipv6 = destination.address.includes(':');
  return ipv6 === (familyOf(service.match) === 'ipv6') ? null : 'mixed families';
}

const isSamePlace = (held: IpvsDestination, wanted: IpvsDestination): boolean =>
  held.port === wanted.port && canonicalAddress(held.address) === canonicalAddress(wanted.address);
const isSameTunnel = (held: IpvsDestination, wanted: IpvsDestination): boolean =>
  held.tunnel.type === wanted.tunnel.type && held.tunnel.port === wanted.tunnel.port;

const unproven = ({ write: { destination } }: Need): ChangeResult => ({
  ok: false,
  code: 'ERR_UNKNOWN',
  message: `backend ${destination.backend ?? destination.key}: it was written, but cannot be seen in the kernel's table`,
});

function unsupported({ feature, write: { destination } }: Need): ChangeResult {
  const what =
    feature === 'tunnels'
      ? `this kernel has no ${destination.tunnel?.type ?? ''} tunnels: they came with Linux 5.2; use ipip`
      : 'this kernel has no backends of another IP family than their service: they came with Linux 3.18';
  return { ok: false, code: 'ERR_UNSUPPORTED', message: `backend ${destination.backend ?? destination.key}: ${what}` };
}
