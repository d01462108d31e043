/**
 * A thread that hosts a little actor: `echo` answers calls, `failing` cannot start, `acting` does what it does once it may begin,
 * `probing` is a monitor whose checker dies of its first probe.
 */

import { workerData } from 'node:worker_threads';
import { type EngineCalls, engineCalls } from '../../../src/actors/engine/calls.js';
import { createMonitorOf } from '../../../src/actors/monitor/index.js';
import { createLoop } from '../../../src/actors/monitor/time/loop.js';
import type { TcpCheck } from '../../../src/checks/tcp/index.js';
import type { CheckConfig } from '../../../src/model/config.js';
import type { RunningProbe } from '../../../src/model/probe.js';
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
      weight: unused,
      'override-service': unused,
      maintenance: unused,
    }),
  );
  return idle;
};

const failing: ActorFactory = () => {
  throw new Error('no such port');
};

/** Whether it began is told by the error that it ends with. */
const acting: ActorFactory = ({ fail, name }) => ({ ...idle, begin: () => fail(new Error(`${name} began`)) });

const probing: ActorFactory = (context) =>
  createMonitorOf(context, {
    loop: createLoop(),
    checkers: { tcp: { create: () => ({ prepare: ({ check }) => ({ start: () => diesWith(check) }), close() {} }) } },
    resolve: unused,
    readFile: unused,
  });

/** As a library that was given all of a check. */
function diesWith(check: CheckConfig): RunningProbe {
  setImmediate(() => {
    throw new Error(`cannot send ${new TextDecoder().decode((check as TcpCheck).send ?? undefined)}: gone`);
  });
  return { abort: () => 'connect' };
}

const { host } = workerData as ThreadInit;
const factory = [
  { prefix: 'failing', factory: failing },
  { prefix: 'acting', factory: acting },
  { prefix: 'probing', factory: probing },
].find(({ prefix }) => host.name.startsWith(prefix));
await hostActor(host, factory?.factory ?? echo);
process.exit(0);
