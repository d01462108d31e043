/** A thread that hosts an actor of `fixtures/fake-actors.ts`. */
import { workerData } from 'node:worker_threads';
import { loadActor } from '../../../src/actors/registry.js';
import { hostActor } from '../../../src/workers/host/host.js';
import type { ThreadInit } from '../../../src/workers/supervision/thread.js';
import { fakes } from '../fixtures/fake-actors.js';

const { kind, host } = workerData as ThreadInit;
await hostActor(host, await loadActor(kind, fakes));
process.exit(0);
