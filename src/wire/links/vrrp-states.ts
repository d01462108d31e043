/** VRRP to the data plane and the engine: who is master. Engine and trackers to VRRP: the state of what it tracks. */

import type { TrackedKind } from '../../model/config.js';
import type { VrrpState } from '../../model/states.js';
import { coalesce, type LinkKind, nothing, type Overflow, STREAM } from './link-kind.js';
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

export type ToVrrp =
  | { readonly kind: 'service-health'; readonly service: string; readonly healthy: boolean }
  /** The node is in maintenance: none of its instances is master. */
  | { readonly kind: 'maintenance'; readonly on: boolean }
  /** Of a script, a process or a file. `value`: of a file, its number; else 0. */
  | {
      readonly kind: 'tracked';
      readonly thing: TrackedKind;
      readonly name: string;
      readonly up: boolean;
      readonly value: number;
      readonly why: string;
    };
export const toVrrp = protocol<ToVrrp>('to-vrrp', 1, {
  'service-health': { service: 'string', healthy: 'boolean' },
  maintenance: { on: 'boolean' },
  tracked: { thing: 'string', name: 'string', up: 'boolean', value: 'number', why: 'string' },
});

const overflowOfTracking = (message: ToVrrp): Overflow => {
  switch (message.kind) {
    case 'tracked':
      return coalesce(`${message.thing}/${message.name}`);
    case 'service-health':
      return coalesce(`service/${message.service}`);
    case 'maintenance':
      return coalesce(message.kind);
    default:
      return message satisfies never;
  }
};

/** From VRRP to the data plane and to the engine. */
export const vrrpStateLink: LinkKind<FromVrrp, never> = {
  name: 'vrrp-state',
  aToB: { protocol: fromVrrp, bound: STREAM, overflow: ({ instance }) => coalesce(instance) },
  bToA: nothing,
};
/** From the engine and from the trackers to VRRP. */
export const trackingLink: LinkKind<ToVrrp, never> = {
  name: 'tracking',
  aToB: {
    protocol: toVrrp,
    bound: STREAM,
    overflow: overflowOfTracking,
  },
  bToA: nothing,
};
