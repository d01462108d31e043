/** Entry point of a pooled thread: the task is one actor's whole life. */
import { loadActor } from './actor-registry.js';
import { hostActor } from './host.js';
import type { ThreadInit } from './thread.js';

export default async function runActor({ kind, host }: ThreadInit): Promise<void> {
  await hostActor(host, await loadActor(kind));
}
