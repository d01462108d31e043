/** What happens, as the event stream, the log and the embedding app are told. */
import type { TrackedKind } from '../config.js';
import type { BackendState } from '../states.js';

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
  | {
      readonly type: 'backend-weight';
      readonly service: string;
      readonly backend: string;
      readonly from: number;
      readonly to: number;
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
  /** A script, a process or a file that VRRP tracks. */
  | {
      readonly type: 'track-state';
      readonly thing: TrackedKind;
      readonly name: string;
      readonly up: boolean;
      /** Of a file, its number; else 0. */
      readonly value: number;
      readonly why: string;
    }
  | {
      readonly type: 'sync-group-state';
      readonly group: string;
      readonly from: string;
      readonly to: string;
      readonly why: string;
    }
  /** Of the whole node. */
  | { readonly type: 'maintenance'; readonly on: boolean; readonly why: string }
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

export const isEventType: Readonly<Record<EventBody['type'], true>> = {
  'backend-state': true,
  'backend-weight': true,
  'service-state': true,
  'vrrp-state': true,
  'track-state': true,
  'sync-group-state': true,
  maintenance: true,
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
