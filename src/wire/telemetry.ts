/** Any actor to the gateway and to the main thread: what happened, what is counted, how things stand. */
import { protocol } from './protocol.js';
import type { ActorView, BackendState, VrrpView } from './views.js';

export type EventBody =
  | {
      readonly type: 'backend-state';
      readonly service: string;
      readonly backend: string;
      readonly from: BackendState;
      readonly to: BackendState;
      /** It is disabled because its drain is over. */
      readonly drained: boolean;
      readonly why: string;
    }
  | { readonly type: 'service-state'; readonly service: string; readonly healthy: boolean; readonly why: string }
  | {
      readonly type: 'vrrp-state';
      readonly instance: string;
      readonly from: string;
      readonly to: string;
      readonly why: string;
    }
  | { readonly type: 'vrrp-alarm'; readonly instance: string; readonly alarm: string; readonly why: string }
  | { readonly type: 'dataplane'; readonly op: string; readonly what: string; readonly why: string }
  | { readonly type: 'drift'; readonly op: string; readonly what: string; readonly why: string }
  | {
      readonly type: 'actor';
      readonly actor: string;
      readonly change: 'started' | 'failed' | 'restarted' | 'stopped' | 'gave-up';
      readonly why: string;
    }
  | {
      readonly type: 'config';
      readonly change: 'applied' | 'refused';
      readonly why: string;
      readonly changes: readonly string[];
      /** Of a refused one, a line each. */
      readonly errors: readonly string[];
    }
  /** A client of a door may end it, and a program that runs for that door alone ends with it. */
  | { readonly type: 'shutdown-request'; readonly door: string; readonly why: string }
  | { readonly type: 'alarm'; readonly alarm: string; readonly why: string };

const isEventType: Readonly<Record<EventBody['type'], true>> = {
  'backend-state': true,
  'service-state': true,
  'vrrp-state': true,
  'vrrp-alarm': true,
  dataplane: true,
  drift: true,
  actor: true,
  config: true,
  'shutdown-request': true,
  alarm: true,
};
/** Every type that an event can have, for those who choose among them. */
export const eventTypes: readonly string[] = Object.keys(isEventType);

/** `atMs` is the wall clock of the actor that saw it. */
export type FulcrumEvent = EventBody & { readonly atMs: number; readonly actor_name: string };

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
  | {
      readonly type: 'service';
      readonly key: string;
      readonly name: string;
      /** Not taken out on purpose, by the configuration or an operator. */
      readonly enabled: boolean;
      readonly healthy: boolean;
      readonly why: string;
    }
  | {
      readonly type: 'backend';
      readonly key: string;
      readonly service: string;
      readonly name: string;
      readonly address: string;
      readonly port: number;
      readonly weight: number;
      readonly state: BackendState;
      readonly why: string;
      readonly drained: boolean;
    }
  | { readonly type: 'vrrp'; readonly key: string; readonly view: VrrpView }
  | { readonly type: 'actor'; readonly key: string; readonly view: ActorView }
  | { readonly type: 'dataplane'; readonly key: string; readonly driver: string; readonly why: string }
  /** A door that is open: `name` is its setting, such as `control.http`; `address` is a URL or a path. */
  | { readonly type: 'listener'; readonly key: string; readonly name: string; readonly address: string };

/** What an actor tells of itself as it goes. */
export type News =
  | { readonly kind: 'event'; readonly event: FulcrumEvent }
  /** Coalesced by `item.key`, which is unique over all actors, such as `backend/web/a`. */
  | { readonly kind: 'state'; readonly item: StateItem }
  | { readonly kind: 'state-gone'; readonly key: string };

export type Telemetry =
  | News
  /** Of one turn, in order. */
  | { readonly kind: 'news'; readonly news: readonly News[] }
  /** The actor (again) tells its whole state: what it told before and does not tell now is gone. */
  | { readonly kind: 'state-begin'; readonly actor: string }
  | { readonly kind: 'state-end'; readonly actor: string }
  | { readonly kind: 'metrics'; readonly samples: readonly MetricSample[] };

export const telemetry = protocol<Telemetry>('telemetry', 1, {
  event: { event: 'object' },
  state: { item: 'object' },
  'state-gone': { key: 'string' },
  news: { news: 'array' },
  'state-begin': { actor: 'string' },
  'state-end': { actor: 'string' },
  metrics: { samples: 'array' },
});
