/** Gateway and main thread to the others: questions and commands, each answered once (or in slices, for long lists). */

import type { ServiceMatch, VrrpInstanceConfig } from '../../model/config.js';
import type { ConfigPlace } from '../../model/config-page.js';
import type { DesiredDestination, DesiredService } from '../../model/dataplane/desired-service.js';
import type { LoadOptions } from '../../model/load-options.js';
import type {
  ActorView,
  BackendReport,
  CheckView,
  DataplaneView,
  ServiceReport,
  TrafficSumView,
  VrrpView,
} from '../../model/observing/views.js';
import type { FileReading } from '../../model/probe.js';
import { type Protocol, protocol } from './protocol.js';

/** Each actor's questions, by name: what is asked with, and what is answered. */
export type EngineCalls = {
  /** In slices: a service may come in several parts, each with some of its backends. */
  services: { readonly ask: { readonly name: string | null }; readonly answer: readonly ServiceReport[] };
  /** One backend, in each service that has it. */
  backend: {
    readonly ask: { readonly backend: string; readonly service: string | null };
    readonly answer: readonly (BackendReport & { readonly service: string })[];
  };
  checks: { readonly ask: Record<string, never>; readonly answer: readonly CheckView[] };
  override: {
    readonly ask: {
      /** `host:port` or a name. */
      readonly backend: string;
      /** null = in every service that has it. */
      readonly service: string | null;
      readonly action: 'drain' | 'enable' | 'disable';
    };
    /** The `service/backend` pairs that it changed. */
    readonly answer: readonly string[];
  };
  'override-service': {
    readonly ask: { readonly service: string; readonly action: 'enable' | 'disable' | 'default' };
    readonly answer: readonly string[];
  };
  /** Newest status of whatever probes this address and port, for the HAProxy agent. */
  'target-health': {
    readonly ask: { readonly host: string; readonly port: number };
    readonly answer: { readonly state: 'unknown' | 'healthy' | 'unhealthy'; readonly message: string };
  };
};
export type VrrpCalls = {
  status: { readonly ask: { readonly name: string | null }; readonly answer: readonly VrrpView[] };
  failover: { readonly ask: { readonly name: string }; readonly answer: { readonly message: string } };
};
export type DataplaneCalls = {
  table: { readonly ask: Record<string, never>; readonly answer: DataplaneView };
  /** What flows to the backends of these services (null = of all), as far as the driver's table has them. In slices. */
  traffic: {
    readonly ask: { readonly services: readonly string[] | null };
    readonly answer: readonly BackendTraffic[];
  };
  /** What the driver would change to get from the kernel's table to the desired one now. */
  drift: { readonly ask: Record<string, never>; readonly answer: readonly string[] };
  /** Changes a service that lives beside the configuration; answered when the table has it. */
  'edit-runtime': { readonly ask: RuntimeEdit; readonly answer: { readonly message: string } };
};

export type BackendTraffic = TrafficSumView & { readonly service: string; readonly backend: string };

export type RuntimeService = Pick<
  DesiredService,
  'match' | 'scheduler' | 'schedulerFlags' | 'persistenceNs' | 'onePacket'
>;
export type RuntimeDestination = Omit<DesiredDestination, 'backend' | 'draining'>;
export type RuntimeEdit =
  | { readonly edit: 'add-service'; readonly service: RuntimeService }
  | { readonly edit: 'update-service'; readonly service: RuntimeService }
  | { readonly edit: 'delete-service'; readonly match: ServiceMatch }
  | {
      readonly edit: 'add-destination' | 'update-destination';
      readonly match: ServiceMatch;
      readonly destination: RuntimeDestination;
    }
  | {
      readonly edit: 'delete-destination';
      readonly match: ServiceMatch;
      readonly address: string;
      readonly port: number;
    };
export type SupervisorCalls = {
  actors: { readonly ask: Record<string, never>; readonly answer: readonly ActorView[] };
  /** A whole, validated configuration, packed (`config-bytes.ts`). Answers with what changed, in words. */
  apply: { readonly ask: { readonly config: Uint8Array }; readonly answer: readonly string[] };
  plan: { readonly ask: { readonly config: Uint8Array }; readonly answer: readonly string[] };
  /** The same for the file that the daemon was started with, as it is now. */
  'plan-file': { readonly ask: Record<string, never>; readonly answer: readonly string[] };
  /** Reads the file again that the daemon was started with, or `path`. */
  reload: { readonly ask: { readonly path: string | null }; readonly answer: readonly string[] };
  vrrp: { readonly ask: Record<string, never>; readonly answer: readonly VrrpInstanceConfig[] };
  /** The same configuration with these VRRP instances. */
  'apply-vrrp': {
    readonly ask: { readonly instances: readonly VrrpInstanceConfig[] };
    readonly answer: readonly string[];
  };
  /** The effective configuration as JSON text without secrets, a page after the other; refused when it changed since the page before. */
  'config-page': {
    readonly ask: { readonly place: PlaceInConfig | null };
    readonly answer: { readonly text: string; readonly next: PlaceInConfig | null };
  };
  /** How documents that come by another way than the file are to be read: what the runtime was started with. */
  'load-options': { readonly ask: Record<string, never>; readonly answer: LoadOptions };
  /** Does to an actor what a bug would: refused unless the runtime was started with drills allowed. */
  drill: { readonly ask: { readonly actor: string; readonly fault: Fault }; readonly answer: null };
};

export type FileCalls = {
  /** A PEM file that the configuration names. */
  read: { readonly ask: { readonly path: string }; readonly answer: FileReading };
};

/** Of one configuration: the next one begins anew. */
export type PlaceInConfig = ConfigPlace & { readonly revision: number };

export type Calls = { readonly [name: string]: { readonly ask: unknown; readonly answer: unknown } };
export type Request<C extends Calls = Calls> = {
  [K in keyof C & string]: {
    readonly kind: 'request';
    readonly id: number;
    readonly call: K;
    readonly ask: C[K]['ask'];
  };
}[keyof C & string];
export type Reply =
  | { readonly kind: 'reply'; readonly id: number; readonly answer: unknown; readonly last: boolean }
  /** `code` is one of CommandError's, or ERR_CONFIG; `issues` then holds the ConfigIssues. */
  | {
      readonly kind: 'refused';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly issues: readonly unknown[];
    };

const requestOf = <C extends Calls>(name: string): Protocol<Request<C>> =>
  protocol<{ kind: 'request'; id: number; call: string; ask: unknown }>(name, 1, {
    request: { id: 'number', call: 'string', ask: 'object' },
  }) as unknown as Protocol<Request<C>>;

export const engineRequest = requestOf<EngineCalls>('engine-request');
export const vrrpRequest = requestOf<VrrpCalls>('vrrp-request');
export const dataplaneRequest = requestOf<DataplaneCalls>('dataplane-request');
export const supervisorRequest = requestOf<SupervisorCalls>('supervisor-request');
export const fileRequest = requestOf<FileCalls>('file-request');
export const reply = protocol<Reply>('reply', 1, {
  reply: { id: 'number', answer: 'nullable', last: 'boolean' },
  refused: { id: 'number', code: 'string', message: 'string', issues: 'array' },
});

export const faults = ['crash', 'freeze', 'out-of-memory'] as const;

export type Fault = (typeof faults)[number];
