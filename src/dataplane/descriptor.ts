/**
 * What a data-plane driver says of itself before it is opened: each driver's folder exports one, and `src/dataplane/drivers.ts`
 * has a line for it. It is loaded wherever a configuration is read, so it imports no system call: those are in `driver.ts`
 * beside it.
 */
import type { MetricDefinition } from '../model/observing/metrics.js';
import type { OpenDriver } from './driver.js';

/** The word of the configuration for the best driver that works here. */
export const AUTO = 'auto';
/** The kind of an embedding app's own driver. */
export const CUSTOM = 'custom';

export type DriverDescriptor = {
  /** Its word in the configuration, and in what is told of it; its folder's name. */
  readonly kind: string;
  /** Its name for people. */
  readonly title: string;
  /** `auto` takes the driver of the highest priority that works here. Null: only by its word. */
  readonly priority: number | null;
  /** It accepts the clients' connections itself, in the proxy threads, and opens others to the backends. */
  readonly relays: boolean;
  /** It keeps the VRRP peer's connections in step with its own. */
  readonly synchronises: boolean;
  /** What it counts, by name. */
  readonly metrics?: Readonly<Record<string, MetricDefinition>>;
  /** What it cannot do of what a service asks for. Pure. */
  readonly shortcomings: (service: ServiceOptions) => readonly Shortcoming[];
};

/** What a driver's `driver.ts` exports. */
export type DriverModule = {
  readonly openDriver: OpenDriver;
  /** Absent: it works anywhere. */
  readonly probeDriver?: () => Promise<Probe>;
};

/** Whether a driver can work here; `why` names the capability or module that is missing, or what was found. */
export type Probe = { readonly ok: boolean; readonly why: string };

/** A service under the names of the configuration; what is not known is undefined. */
export type ServiceOptions = {
  readonly fwmark?: number | undefined;
  readonly protocol?: string | undefined;
  readonly scheduler?: string | undefined;
  readonly scheduler_flags?: readonly (string | undefined)[] | undefined;
  readonly forwarding?: string | undefined;
  readonly backends?: readonly (ServerOptions | undefined)[] | undefined;
  readonly sorry?: ServerOptions | null | undefined;
};

type ServerOptions = { readonly forwarding?: string | null | undefined };

export type Shortcoming = {
  /** The option, below the service. */
  readonly at: readonly (string | number)[];
  /** `refused`: it does not serve the service. `ignored`: it serves it without this option. */
  readonly kind: 'refused' | 'ignored';
  /** What it cannot do, and what it can. */
  readonly message: string;
};
