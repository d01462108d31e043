/** Entry point of a thread that hosts one actor. */
import { workerData } from 'node:worker_threads';
import { loadActor } from '../actors/registry.js';
import { hostActor } from '../workers/host/host.js';
import type { ThreadInit } from '../workers/supervision/thread.js';

const { kind, host } = workerData as ThreadInit;
await hostActor(host, await loadActor(kind));
// Whatever the actor left open must not keep the thread.
process.exit(0);
