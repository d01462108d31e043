import type { Observable } from 'rxjs';
import type { DataplaneCalls } from '../actors/dataplane/calls.js';
import type { EngineCalls } from '../actors/engine/calls.js';
import type { VrrpCalls } from '../actors/vrrp/calls.js';
import type { ConfigDocument } from '../config/document.js';
import { FulcrumError } from '../model/errors.js';
import type { LoadOptions } from '../model/load-options.js';
import type { FulcrumEvent } from '../model/observing/events.js';
import type { RuntimeStatus } from '../model/observing/views.js';
import type { Fault } from '../wire/links/control.js';
import type { LogRecord } from '../wire/links/log.js';
import type { Caller } from '../workers/links/rpc.js';
import type { HostCheck } from './host-checks.js';

/** A pino logger, or anything with its shape. */
export type RuntimeLogger = { readonly [level in LogRecord['level']]: (fields: object, message: string) => void };

export type RuntimeOptions = {
  /** Where log records go: this logger, the program's stderr (as a daemon does), or nowhere. @default null */
  readonly logger?: RuntimeLogger | 'stderr' | null;
  /** For a configuration file: what was set beside it. */
  readonly load?: LoadOptions;
  /**
   * Checks of your own, for `{ type: custom, name: NAME }` in the configuration. They run in this thread, beside the built-in
   * ones in theirs; while this thread is blocked they say nothing, and nothing is held against their targets.
   */
  readonly checks?: Readonly<Record<string, HostCheck>>;
  /**
   * A data-plane driver of your own: a module that exports `openDriver` (`OpenDriver`). It is loaded in the data plane's thread,
   * so that no table waits for this one. Then `dataplane.driver` is not looked at. @default null
   */
  readonly dataplane?: URL | null;
  /** The folder of the threads' entry points, for bundled apps. @default found beside this module, or in the package */
  readonly threads?: URL | null;
  /** Allows `drill`. @default false */
  readonly drills?: boolean;
  /**
   * Tells the service manager that started this process (systemd: `$NOTIFY_SOCKET`, `$WATCHDOG_USEC`) when the runtime serves, reloads
   * and stops, and feeds its watchdog while all is well: for a program that is nothing but this runtime. @default false
   */
  readonly serviceManager?: boolean;
};

export type Runtime = AsyncDisposable & {
  /**
   * What happens, as it happens, in each actor's order; to the first subscriber also what came before it. Completes when the
   * runtime has stopped.
   */
  readonly events$: Observable<FulcrumEvent>;
  /** How things stand, as last pushed to this thread: no waiting, no question asked. */
  status(): RuntimeStatus;
  /** Questions to the actors, for what `status()` does not tell. */
  readonly engine: Caller<EngineCalls>;
  readonly vrrp: Caller<VrrpCalls>;
  readonly dataplane: Caller<DataplaneCalls>;
  /** Takes a new configuration; answers with what changed. A bad one is a ConfigError and changes nothing. */
  apply(config: ConfigInput): Promise<readonly string[]>;
  /** What `apply` would change. */
  plan(config: ConfigInput): Promise<readonly string[]>;
  /** Reads the file again that the runtime was started with. */
  reload(): Promise<readonly string[]>;
  /** Does to an actor what a bug would; needs `drills`. */
  drill(actor: string, fault: Fault): Promise<void>;
  /** Rejects when the system gave up by itself; resolves after `stop`. */
  readonly ended: Promise<void>;
  /** Ends all threads in order: adverts of priority 0 first, the table as `dataplane.on_stop` says. Safe to call twice. */
  stop(): Promise<void>;
};

/** A file's path, or the document as a value. */
export type ConfigInput = string | ConfigDocument;

/** An actor did not start, or failed too often: `actor` is its name. */
export class RuntimeError extends FulcrumError {
  readonly code = 'ERR_RUNTIME';
}
