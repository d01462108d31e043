/** A thread that hosts a little actor: `echo` answers calls, `failing` cannot start, `acting` does what it does once it may begin. */

import { workerData } from 'node:worker_threads';
import { type EngineCalls, engineCalls } from '../../../src/actors/engine/calls.js';
import type { ActorFactory } from '../../../src/workers/actor.js';
import { hostActor } from '../../../src/workers/host/host.js';
import { serveCalls } from '../../../src/workers/links/rpc.js';
import type { ThreadInit } from '../../../src/workers/supervision/thread.js';

const idle = { configure() {}, stop: async () => {} };
const unused = (): never => {
  throw new Error('not asked in this test');
};

const echo: ActorFactory = (context) => {
  context.links(engineCalls, 'b').subscribe((link) =>
    serveCalls<EngineCalls>(link, {
      'target-health': ({ host }) => ({ state: 'healthy', message: `${host} from ${context.name}` }),
      backend: unused,
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

/** Whether it began is told by the error that it ends with. */
const acting: ActorFactory = ({ fail, name }) => ({ ...idle, begin: () => fail(new Error(`${name} began`)) });

const { host } = workerData as ThreadInit;
const factory = [
  { prefix: 'failing', factory: failing },
  { prefix: 'acting', factory: acting },
].find(({ prefix }) => host.name.startsWith(prefix));
await hostActor(host, factory?.factory ?? echo);
process.exit(0);
