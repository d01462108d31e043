/** What an actor tells of itself: how things stand, and what it counted. */
import type { ActorView, BackendStatus, HookView, ServiceStatus, VrrpView } from './views.js';

/** Counters and histogram buckets as what was added since the last message; gauges as they are. */
export type MetricSample =
  | {
      readonly type: 'counter' | 'gauge';
      readonly name: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly value: number;
    }
  | {
      readonly type: 'histogram';
      readonly name: string;
      readonly labels: Readonly<Record<string, string>>;
      /** Added observations per bucket, not cumulative; one more than the metric has bounds (+Inf). */
      readonly buckets: readonly number[];
      readonly sum: number;
    };

/** The pushed part of the state: enough for `runtime.status()`, gauges and a live page; details are asked for. */
export type StateItem =
  | ({ readonly type: 'service'; readonly key: string } & Omit<ServiceStatus, 'backends'>)
  | ({ readonly type: 'backend'; readonly key: string; readonly service: string } & BackendStatus)
  /** While the node is in maintenance. */
  | { readonly type: 'maintenance'; readonly key: string; readonly since: string }
  | { readonly type: 'vrrp'; readonly key: string; readonly view: VrrpView }
  | { readonly type: 'hook'; readonly key: string; readonly view: HookView }
  | { readonly type: 'actor'; readonly key: string; readonly view: ActorView }
  | { readonly type: 'dataplane'; readonly key: string; readonly driver: string; readonly why: string }
  /** A door that is open: `name` is its setting, such as `control.http`; `address` is a URL or a path. */
  | { readonly type: 'listener'; readonly key: string; readonly name: string; readonly address: string };
