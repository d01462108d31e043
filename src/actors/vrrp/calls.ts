/** What can be asked of VRRP. */
import type { SyncGroupView, VrrpView } from '../../model/observing/views.js';
import { callsOf } from '../../wire/links/calls.js';

export type VrrpCalls = {
  status: { readonly ask: { readonly name: string | null }; readonly answer: readonly VrrpView[] };
  'sync-groups': { readonly ask: Record<string, never>; readonly answer: readonly SyncGroupView[] };
  /** `name`: of an instance or a sync group. */
  failover: { readonly ask: { readonly name: string }; readonly answer: { readonly message: string } };
};

export const vrrpCalls = callsOf<VrrpCalls>('vrrp');
