/** The VRRP actor in a thread of its own, with a small supervisor: commands in, events out. See `vrrp-node.ts`. */

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { of, ReplaySubject, Subject } from 'rxjs';
import { createVrrp } from '../../../src/actors/vrrp/index.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import type { Actor, ActorContext } from '../../../src/workers/actor.js';
import { createKeptFds } from '../../../src/workers/host/kept-fds.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { testConfig } from '../fixtures/vrrp-config.js';

const port = parentPort;
if (port === null) throw new Error('runs in a worker');
const say = (what: string, value: unknown) => port.postMessage(JSON.stringify({ what, value }));

const meter = new ActorMeter();
const links = new Map<string, { in$: Subject<unknown>; connected$: ReplaySubject<number> }>();
const link = (name: string) => {
  const ends = links.get(name) ?? { in$: new Subject(), connected$: new ReplaySubject<number>(1) };
  links.set(name, ends);
  return { peer: name, ...ends, out: { next: (message: unknown) => say(`to-${name}`, message) }, backlog: () => 0 };
};
const log = (level: string) => (fields: object, message: string) => say('log', { level, ...fields, message });

let actor: Actor | null = null;
let polled = false;
let stopping = false;

function obey(text: string): void {
  const { command, value } = JSON.parse(text) as { command: string; value: unknown };
  if (command === 'stop') {
    stopping = true;
    void actor?.stop().then(() => say('stopped', null));
  } else if (command === 'configure') actor?.configure(testConfig(value as Parameters<typeof testConfig>[0]));
  else if (command === 'metrics') say('metrics', meter.take());
  else if (command === 'freeze') {
    say('frozen', Date.now());
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  } else if (command === 'throw') throw new Error('asked to');
  else if (command === 'heap') say('heap', process.memoryUsage());
  else links.get(command)?.in$.next(value);
}

const context: ActorContext = {
  name: 'vrrp',
  now: monotonicNow,
  log: { trace: log('trace'), debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
  meter,
  driverModule: null,
  keptFds: createKeptFds(),
  config: testConfig(workerData as Parameters<typeof testConfig>[0]),
  link: ({ name }) => link(name) as never,
  links: ({ name }) => of(link(name)) as never,
  event: (body) => say('event', body),
  state: (_key, item) => say('state', item),
  holds: () => {},
  fail: (error) => say('failed', error.message),
  poll: () => {
    polled = true;
    return () => {
      for (let received = receiveMessageOnPort(port); received; received = receiveMessageOnPort(port)) {
        obey(received.message as string);
      }
      return stopping;
    };
  },
};

port.on('message', (text: string) => {
  if (!polled || stopping) obey(text);
});
try {
  actor = await createVrrp(context);
  actor.begin?.();
  say('ready', null);
} catch (error) {
  const { code, missing, message } = error as { code?: string; missing?: string; message: string };
  say('refused', { code, missing, message });
  port.close();
}
