/** Fulcrum as a library: a load-balancer control plane inside a larger Node app. */
export type { ConfigDocument } from './config/schema/document.js';
export { CommandError, ConfigError, type ConfigIssue, FulcrumError, MissingPrivilegeError } from './errors.js';
export {
  type ConfigInput,
  createRuntime,
  type Runtime,
  RuntimeError,
  type RuntimeLogger,
  type RuntimeOptions,
} from './runtime.js';
export type { BackendStatus, RuntimeStatus, ServiceStatus } from './wire/store.js';
export type { FulcrumEvent } from './wire/telemetry.js';
export type { ActorView, BackendState, BackendView, CheckView, ServiceView, VrrpView } from './wire/views.js';
