/** The main thread's handle on a running system: asks, tells and listens; on no critical path. */

import { refuseUnknownChecks } from './config/sections/checks/custom-checks.js';
import { resolveConfig } from './embedding/read-config.js';
import type { ConfigInput, Runtime, RuntimeOptions } from './embedding/runtime.js';
import { RuntimeHandle } from './embedding/runtime-handle.js';
import type { Config } from './model/config.js';

/**
 * Starts a system of its own: several may run in one process. Resolves when every actor is ready.
 * @throws ConfigError, MissingPrivilegeError, RuntimeError
 */
export async function createRuntime(input: ConfigInput, options: RuntimeOptions = {}): Promise<Runtime> {
  return start(await resolveConfig(input, options), typeof input === 'string' ? input : null, options, true);
}

/** A runtime that nobody watches from this thread: of a large configuration, the main thread then knows nothing. */
export type UnwatchedRuntime = Omit<RuntimeHandle, 'events$' | 'status'>;

/**
 * For a configuration that was read already, from the file at `path`. It stops when `stopAsked` resolves, though it may only be
 * starting then. @throws what `createRuntime` throws
 */
export const startUnwatched = (
  config: Config,
  path: string,
  options: RuntimeOptions,
  stopAsked: Promise<unknown>,
): Promise<UnwatchedRuntime> => start(config, path, options, false, stopAsked);

async function start(
  config: Config,
  path: string | null,
  options: RuntimeOptions,
  watched: boolean,
  stopAsked: Promise<unknown> | null = null,
): Promise<RuntimeHandle> {
  refuseUnknownChecks(config, Object.keys(options.checks ?? {}));
  const runtime = new RuntimeHandle(config, path, options, watched);
  void stopAsked?.then(() => runtime.stop());
  await runtime.started;
  return runtime;
}
