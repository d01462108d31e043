/** What can be asked of the engine. */
import type { BackendReport, CheckView, MaintenanceView, ServiceReport } from '../../model/observing/views.js';
import { callsOf } from '../../wire/links/calls.js';

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
  /** Until the configuration's own weight of the backend changes. */
  weight: {
    readonly ask: { readonly backend: string; readonly service: string | null; readonly weight: number };
    /** The `service/backend` pairs that it changed. */
    readonly answer: readonly string[];
  };
  'override-service': {
    readonly ask: { readonly service: string; readonly action: 'enable' | 'disable' | 'default' };
    readonly answer: readonly string[];
  };
  /** Of the whole node; `on` null: it is only asked for. Answered when it is remembered. */
  maintenance: { readonly ask: { readonly on: boolean | null }; readonly answer: MaintenanceView };
  /** Newest status of whatever probes this address and port, for the HAProxy agent. */
  'target-health': {
    readonly ask: { readonly host: string; readonly port: number };
    readonly answer: { readonly state: 'unknown' | 'healthy' | 'unhealthy'; readonly message: string };
  };
};

export const engineCalls = callsOf<EngineCalls>('engine');
