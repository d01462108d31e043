/** A thread that hosts one of two little actors: `echo` answers calls, `asker` counts what it hears of them. */
import { workerData } from 'node:worker_threads';
import type { EngineCalls, Reply, Request } from '../../src/wire/requests.js';
import type { ActorFactory } from '../../src/workers/actor.js';
import { hostActor } from '../../src/workers/host.js';
import { serveCalls } from '../../src/workers/rpc.js';
import type { ThreadInit } from '../../src/workers/thread.js';

const idle = { configure() {}, stop: async () => {} };
const unused = (): never => {
  throw new Error('not asked in this test');
};

const echo: ActorFactory = (context) => {
  context.links<Request<EngineCalls>, Reply>('asker').subscribe((link) =>
    serveCalls<EngineCalls>(link, {
      'target-health': ({ host }) => ({ state: 'healthy', message: `${host} from ${context.name}` }),
      services: unused,
      checks: unused,
      override: unused,
      'override-service': unused,
    }),
  );
  return idle;
};

const failing: ActorFactory = () => {
  throw new Error('no such port');
};

const { host } = workerData as ThreadInit;
await hostActor(host, host.name.startsWith('failing') ? failing : echo);
process.exit(0);
