/** Entry point of the supervisor's thread. */
import { workerData } from 'node:worker_threads';
import { createSupervisor, type SupervisorOptions } from '../actors/supervisor/index.js';
import { planOf, poolLimits, sparedKinds } from '../supervisor.js';
import { type HostInit, hostActor } from '../workers/host/host.js';

export type SupervisorThreadInit = { readonly host: HostInit; readonly options: SupervisorOptions };

const { host, options } = workerData as SupervisorThreadInit;
await hostActor(host, (context, connect) =>
  createSupervisor(context, connect, options, { planOf, poolLimits, sparedKinds }),
);
process.exit(0);
