/** Fulcrum as a library: a load-balancer control plane inside a larger Node app. */
export type { ConfigDocument } from './config/document.js';
export {
  type ConfigInput,
  type Runtime,
  RuntimeError,
  type RuntimeLogger,
  type RuntimeOptions,
} from './embedding/runtime.js';
export { CommandError, ConfigError, type ConfigIssue, FulcrumError, MissingPrivilegeError } from './model/errors.js';
export type { FulcrumEvent } from './model/observing/events.js';
export type {
  ActorView,
  BackendStatus,
  BackendView,
  CheckView,
  RuntimeStatus,
  ServiceStatus,
  ServiceView,
  VrrpView,
} from './model/observing/views.js';
export type { BackendState } from './model/states.js';
export { createRuntime } from './runtime.js';
