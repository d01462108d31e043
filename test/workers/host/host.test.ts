import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import test from 'ava';
import type { Config } from '../../../src/model/config.js';
import { packConfig } from '../../../src/wire/config-bytes.js';
import { fromHost, toHost } from '../../../src/wire/links/control.js';
import type { Actor, ActorContext } from '../../../src/workers/actor.js';
import { createHeartbeats, type Heartbeat } from '../../../src/workers/host/heartbeat.js';
import { hostActor } from '../../../src/workers/host/host.js';
import { createKeptFds } from '../../../src/workers/host/kept-fds.js';
import { postControl } from '../../../src/workers/links/control-frame.js';
import { drainPort } from '../../../src/workers/links/from-port.js';
import { configWith } from '../../support/fixtures/config.js';

const fail = (): void => {
  throw new Error('cannot be taken');
};

/** An actor in this thread whose `configure` fails if no other is given, and the supervisor's end of its control port. */
function host(
  onContext: (context: ActorContext) => void | Promise<void>,
  take: (config: Config) => void = fail,
  parts: Pick<Actor, 'begin'> & { readonly held?: boolean; readonly heartbeat?: Heartbeat } = {},
) {
  const { port1, port2 } = new MessageChannel();
  const ended = hostActor(
    {
      name: 'vrrp',
      config: configWith(),
      control: port2,
      heartbeat: parts.heartbeat ?? null,
      links: [],
      grants: [],
      driverModule: null,
      keptFds: createKeptFds(),
      held: parts.held ?? false,
    },
    async (context) => {
      await onContext(context);
      return { configure: take, stop: async () => {}, ...(parts.begin === undefined ? {} : { begin: parts.begin }) };
    },
  );
  const configure = (config = configWith()) =>
    postControl(port1, toHost.encode({ kind: 'configure', id: 1, config: packConfig(config) }));
  /** The actor's end has the next message. */
  const arrived = () => once(port2, 'message');
  return { ended, configure, arrived, port: port1 };
}

/** A start that takes until `start` is called. */
function held() {
  let start = (): void => {};
  const starting = new Promise<void>((resolve) => {
    start = resolve;
  });
  return { starting, start };
}

/** After the first word of all, that its modules are loaded. */
const told = (port: MessagePort): string[] => {
  const kinds: string[] = [];
  drainPort(port, (bytes) => {
    const decoded = fromHost.decode(bytes as Uint8Array);
    if (decoded.kind === 'known' && decoded.message.kind !== 'loaded') kinds.push(decoded.message.kind);
  });
  return kinds;
};

test('an actor that cannot take a configuration fails with its reason', async (t) => {
  const { ended, configure } = host(() => {});
  configure();
  await t.throwsAsync(ended, { message: 'cannot be taken' });
});

test('so does one that never returns to its event loop, out of its poll', async (t) => {
  let poll = (): boolean => false;
  const { ended, configure, port } = host((context) => {
    poll = context.poll();
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(told(port), ['ready']);
  t.false(poll());
  configure();
  t.throws(() => poll(), { message: 'cannot be taken' });
  t.false(told(port).includes('configured'));
  postControl(port, toHost.encode({ kind: 'stop' }));
  t.true(poll());
  await ended;
});

test('a configuration that comes while an actor starts is taken when it has started', async (t) => {
  const { starting, start } = held();
  const taken: Config[] = [];
  const { ended, configure, arrived, port } = host(
    () => starting,
    (config) => taken.push(config),
  );
  const newer = configWith({ runtime: { monitorShards: 2, proxyThreads: 2 } });
  configure(newer);
  await arrived();
  t.deepEqual(told(port), []);
  start();
  const kinds: string[] = [];
  while (!kinds.includes('ready')) {
    await nextTurn();
    kinds.push(...told(port));
  }
  t.deepEqual(taken, [newer]);
  t.deepEqual(kinds, ['configured', 'ready']);
  postControl(port, toHost.encode({ kind: 'stop' }));
  await ended;
});

test('an actor that is asked to stop while it starts stops when it has started', async (t) => {
  const { starting, start } = held();
  const { ended, arrived, port } = host(() => starting);
  postControl(port, toHost.encode({ kind: 'stop' }));
  await arrived();
  start();
  await ended;
  t.deepEqual(told(port), ['ready', 'stopped']);
});

test('an actor that is held begins when it is told, and says so afterwards', async (t) => {
  let begun = false;
  const begin = () => {
    begun = true;
  };
  const { ended, port } = host(() => {}, fail, { begin, held: true });
  await nextTurn();
  t.deepEqual(told(port), ['prepared']);
  t.false(begun);
  postControl(port, toHost.encode({ kind: 'begin' }));
  await once(port, 'message');
  t.true(begun);
  postControl(port, toHost.encode({ kind: 'stop' }));
  await ended;
});

test('one that is stopped before never begins; one that nobody holds begins at once', async (t) => {
  const begin = () => t.fail('it began');
  const stopped = host(() => {}, fail, { begin, held: true });
  await nextTurn();
  postControl(stopped.port, toHost.encode({ kind: 'stop' }));
  await stopped.ended;
  const order: string[] = [];
  const free = host(() => {}, fail, { begin: () => void order.push('begun') });
  await nextTurn();
  t.deepEqual([...order, ...told(free.port)], ['begun', 'ready']);
  postControl(free.port, toHost.encode({ kind: 'stop' }));
  await free.ended;
});

test('what an actor dies of, and what it says before, holds no secret of the configuration', async (t) => {
  const secrets = ['hunter2-token'];
  const { port1, port2 } = new MessageChannel();
  const told$: unknown[] = [];
  const ended = hostActor(
    {
      name: 'engine',
      config: configWith({ secrets, log: { level: 'info', format: 'json' } }),
      control: port2,
      heartbeat: null,
      links: [],
      grants: [],
      driverModule: null,
      keptFds: createKeptFds(),
      held: false,
    },
    () => {
      throw new Error('a library fails for https://h/?token=hunter2-token');
    },
  );
  await t.throwsAsync(ended);
  drainPort(port1, (bytes) => told$.push(fromHost.decode(bytes as Uint8Array)));
  const text = JSON.stringify(told$);
  t.regex(text, /a library fails for/);
  t.notRegex(text, /hunter2/);
});

test('a start that held the thread ends with a heartbeat, or whoever hears that it is over would take the thread for frozen', async (t) => {
  const heartbeat = { beats: createHeartbeats(), slot: 3 };
  const longAgo = -1_000_000;
  const hold = () => void Atomics.store(heartbeat.beats, heartbeat.slot, longAgo);
  const { port, ended } = host(hold, () => {}, { begin: hold, held: true, heartbeat });
  await nextTurn();
  t.deepEqual(told(port), ['prepared']);
  t.not(Atomics.load(heartbeat.beats, heartbeat.slot), longAgo);
  postControl(port, toHost.encode({ kind: 'begin' }));
  await once(port, 'message');
  t.not(Atomics.load(heartbeat.beats, heartbeat.slot), longAgo);
  postControl(port, toHost.encode({ kind: 'stop' }));
  await ended;
});
