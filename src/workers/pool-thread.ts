/** Entry point of a pooled thread: the task is one actor's whole life, or a spare's, which becomes an actor when one is to be replaced. */
import { once } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import { type ActorKind, loadActor, loadAhead } from './actor-registry.js';
import { hostActor } from './host.js';
import type { ThreadInit } from './thread.js';

export type PoolTask =
  | { readonly task: 'actor'; readonly init: ThreadInit }
  /** It loads what these kinds need, and takes its `ThreadInit` from the port. */
  | { readonly task: 'spare'; readonly kinds: readonly ActorKind[]; readonly port: MessagePort };

export default async function run(task: PoolTask): Promise<void> {
  const { kind, host } = task.task === 'actor' ? task.init : await becoming(task.kinds, task.port);
  await hostActor(host, await loadActor(kind));
}

async function becoming(kinds: readonly ActorKind[], port: MessagePort): Promise<ThreadInit> {
  // Listens first: whoever is replaced meanwhile waits for no more than a new thread would.
  const asked = once(port, 'message');
  for (const kind of kinds) await loadAhead(kind);
  const [init] = await asked;
  port.close();
  return init as ThreadInit;
}
