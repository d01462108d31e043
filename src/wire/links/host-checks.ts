/** Monitor shard to the host app's thread: run one of its own checks. Back: that it began, and how it ended. */
import { block, type LinkKind, STREAM } from './link-kind.js';
import { protocol } from './protocol.js';

export type ToHostChecks =
  | {
      readonly kind: 'start';
      readonly id: number;
      /** As registered with `createRuntime`. */
      readonly name: string;
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: 'abort'; readonly id: number };

export const toHostChecks = protocol<ToHostChecks>('to-host-checks', 1, {
  start: { id: 'number', name: 'string', host: 'string', port: 'number' },
  abort: { id: 'number' },
});

export type FromHostChecks =
  /** Until this came, a probe that is late is late because the host's thread is busy. */
  | { readonly kind: 'began'; readonly id: number }
  | { readonly kind: 'ended'; readonly id: number; readonly healthy: boolean; readonly message: string };

export const fromHostChecks = protocol<FromHostChecks>('from-host-checks', 1, {
  began: { id: 'number' },
  ended: { id: 'number', healthy: 'boolean', message: 'string' },
});

/** From a monitor to the main thread. */
export const hostChecksLink: LinkKind<ToHostChecks, FromHostChecks> = {
  name: 'host-checks',
  aToB: { protocol: toHostChecks, bound: STREAM, overflow: block },
  bToA: { protocol: fromHostChecks, bound: STREAM, overflow: block },
};
