/** Entry point of a pooled thread: the task is one actor's whole life, or a spare's, which becomes an actor when one is to be replaced. */
import { once } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import { loadActor, loadAhead } from '../actors/registry.js';
import { hostActor } from '../workers/host/host.js';
import type { PoolTask } from '../workers/supervision/pool.js';
import type { ThreadInit } from '../workers/supervision/thread.js';

export default async function run(task: PoolTask): Promise<void> {
  const { kind, host } = task.task === 'actor' ? task.init : await becoming(task.kinds, task.port);
  await hostActor(host, await loadActor(kind));
}

async function becoming(kinds: readonly string[], port: MessagePort): Promise<ThreadInit> {
  // Listens first: whoever is replaced meanwhile waits for no more than a new thread would.
  const asked = once(port, 'message');
  for (const kind of kinds) await loadAhead(kind);
  const [init] = await asked;
  port.close();
  return init as ThreadInit;
}
