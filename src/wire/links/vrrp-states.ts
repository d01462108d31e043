/** VRRP to the data plane: who is master. Engine to VRRP: the health of tracked services. */
import type { VrrpState } from '../../model/states.js';
import { coalesce, type LinkKind, nothing, STREAM } from './link-kind.js';
import { protocol } from './protocol.js';

export type FromVrrp = {
  readonly kind: 'vrrp-state';
  readonly instance: string;
  readonly state: VrrpState;
  readonly why: string;
};
export const fromVrrp = protocol<FromVrrp>('from-vrrp', 1, {
  'vrrp-state': { instance: 'string', state: 'string', why: 'string' },
});

export type ToVrrp = { readonly kind: 'service-health'; readonly service: string; readonly healthy: boolean };
export const toVrrp = protocol<ToVrrp>('to-vrrp', 1, {
  'service-health': { service: 'string', healthy: 'boolean' },
});

/** From VRRP to the data plane. */
export const vrrpStateLink: LinkKind<FromVrrp, never> = {
  name: 'vrrp-state',
  aToB: { protocol: fromVrrp, bound: STREAM, overflow: ({ instance }) => coalesce(instance) },
  bToA: nothing,
};
/** From the engine to VRRP. */
export const trackingLink: LinkKind<ToVrrp, never> = {
  name: 'tracking',
  aToB: { protocol: toVrrp, bound: STREAM, overflow: ({ service }) => coalesce(service) },
  bToA: nothing,
};
