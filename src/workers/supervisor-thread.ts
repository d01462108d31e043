/** Entry point of the supervisor's thread. */
import { workerData } from 'node:worker_threads';
import { type HostInit, hostActor } from './host.js';
import { createSupervisor, type SupervisorOptions } from './supervisor-actor.js';

export type SupervisorThreadInit = { readonly host: HostInit; readonly options: SupervisorOptions };

const { host, options } = workerData as SupervisorThreadInit;
await hostActor(host, (context, connect) => createSupervisor(context, connect, options));
process.exit(0);
