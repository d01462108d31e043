/** Data plane to proxy thread: what to write, and questions. Proxy thread to data plane: one answer to each. */
import type { Change, ChangeResult } from '../../model/dataplane/change.js';
import type {
  DestinationCounts,
  DestinationKey,
  ServiceKey,
  TableDestination,
  TableService,
} from '../../model/dataplane/table.js';
import { block, COMMANDS, type LinkKind } from './link-kind.js';
import { protocol } from './protocol.js';

export type ToProxy =
  | { readonly kind: 'apply'; readonly id: number; readonly changes: readonly Change[] }
  | { readonly kind: 'read'; readonly id: number }
  /** `services` null = all. */
  | { readonly kind: 'count'; readonly id: number; readonly services: readonly ServiceKey[] | null };

export const toProxy = protocol<ToProxy>('to-proxy', 1, {
  apply: { id: 'number', changes: 'array' },
  read: { id: 'number' },
  count: { id: 'number', services: 'nullable' },
});

export type ProxyEntry = { readonly service: TableService; readonly destinations: readonly TableDestination[] };
export type ProxyCounts = {
  readonly service: ServiceKey;
  readonly destinations: readonly (DestinationCounts & { readonly key: DestinationKey })[];
};

export type FromProxy =
  /** One result for each change, in order. */
  | { readonly kind: 'applied'; readonly id: number; readonly results: readonly ChangeResult[] }
  | { readonly kind: 'table'; readonly id: number; readonly entries: readonly ProxyEntry[] }
  | { readonly kind: 'counts'; readonly id: number; readonly counts: readonly ProxyCounts[] }
  /** A service that was served is not any more, through no change of ours: its listener broke. */
  | { readonly kind: 'lost'; readonly service: ServiceKey; readonly why: string };

export const fromProxy = protocol<FromProxy>('from-proxy', 1, {
  applied: { id: 'number', results: 'array' },
  table: { id: 'number', entries: 'array' },
  counts: { id: 'number', counts: 'array' },
  lost: { service: 'string', why: 'string' },
});

/** From the data plane to a proxy thread. */
export const proxyLink: LinkKind<ToProxy, FromProxy> = {
  name: 'proxy',
  aToB: { protocol: toProxy, bound: COMMANDS, overflow: block },
  bToA: { protocol: fromProxy, bound: COMMANDS, overflow: block },
};
