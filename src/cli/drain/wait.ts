/** Looks again and again how far a drain is, and says what changes on stderr. */

import { CommandError, UnreachableError } from '../../model/errors.js';
import { type ListedBackend, listedBackend } from '../../model/observing/views.js';
import type { ControlClient } from '../client.js';
import { backendPath, serviceQuery } from '../commands/control/override.js';
import { type DrainResult, keyOf, resultLine, resultOf } from './result.js';

/** The data plane counts once a second. */
const LOOK_MS = 500;
/** A daemon whose gateway or engine is replaced answers again sooner; after it, the daemon is taken for gone. */
const PATIENCE_MS = 10_000;

export type DrainWait = {
  readonly backend: string;
  readonly service: string | undefined;
  /** What the command changed, as `service/backend`. */
  readonly changed: readonly string[];
  /** Null = as long as the drain takes. */
  readonly limitMs: number | null;
};

/** Results of every backend that it concerns: `draining` where the limit came first. Rejects as the client does once the daemon is gone. */
export async function waitForDrain(client: ControlClient, wait: DrainWait): Promise<readonly DrainResult[]> {
  const path = `${backendPath(wait.backend)}${serviceQuery(wait.service)}`;
  const endMs = wait.limitMs === null ? Number.POSITIVE_INFINITY : performance.now() + wait.limitMs;
  const told = new Map<string, number | null>();
  let keys: readonly string[] | null = null;
  for (;;) {
    const found = await patiently(() => look(client, path));
    keys ??= [...new Set([...wait.changed, ...found.map(keyOf)])];
    const results = keys.map((key) =>
      resultOf(
        key,
        found.find((each) => keyOf(each) === key),
      ),
    );
    const running = results.filter(({ result }) => result === 'draining');
    for (const result of running) tell(result, told);
    const leftMs = endMs - performance.now();
    if (running.length === 0 || leftMs <= 0) return results;
    await pause(Math.min(LOOK_MS, leftMs));
  }
}

/** Once for each number of connections. */
function tell(result: DrainResult, told: Map<string, number | null>): void {
  if (told.has(result.key) && told.get(result.key) === result.connections) return;
  told.set(result.key, result.connections);
  process.stderr.write(`${resultLine(result)}\n`);
}

async function look(client: ControlClient, path: string): Promise<readonly ListedBackend[]> {
  try {
    return await client.get(path, listedBackend.array());
  } catch (error) {
    // A reload took it out.
    if (error instanceof CommandError && error.code === 'ERR_NOT_FOUND') return [];
    throw error;
  }
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const mayPass = error instanceof UnreachableError || error instanceof CommandError;
      if (!mayPass || performance.now() >= endMs) throw error;
      await pause(LOOK_MS);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
