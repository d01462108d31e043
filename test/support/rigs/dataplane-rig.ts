/** The dataplane actor and its proxy actors in this thread, with the engine and the gateway played by the test. */

import { tmpdir } from 'node:os';
import type { ExecutionContext } from 'ava';
import { type DataplaneCalls, dataplaneCalls } from '../../../src/actors/dataplane/calls.js';
import { createDataplane } from '../../../src/actors/dataplane/index.js';
import { createProxy } from '../../../src/actors/proxy/index.js';
import type { Config } from '../../../src/model/config.js';
import type { DesiredService } from '../../../src/model/dataplane/desired-service.js';
import type { EventBody } from '../../../src/model/observing/events.js';
import { ns } from '../../../src/model/units.js';
import { fallenLink } from '../../../src/wire/links/fallen.js';
import type { EndOfLink } from '../../../src/wire/links/link-kind.js';
import { proxyLink } from '../../../src/wire/links/proxy.js';
import { type FromDataplane, tableLink } from '../../../src/wire/links/tables.js';
import type { Actor, ActorContext, ActorFactory } from '../../../src/workers/actor.js';
import { dryContext } from '../../../src/workers/host/dry-context.js';
import { linkPair } from '../../../src/workers/links/link-pair.js';
import { createCaller } from '../../../src/workers/links/rpc.js';
import { configWith } from '../fixtures/config.js';
import { until } from '../until.js';

export type DataplaneRig = {
  readonly tell: (...services: readonly DesiredService[]) => void;
  readonly untell: (name: string) => void;
  readonly complete: () => void;
  /** A monitor shard says that these targets have fallen. */
  readonly fall: (at: number, ...targets: readonly string[]) => void;
  /** The engine has heard all that the shard said up to then. */
  readonly answer: (until: number) => void;
  /** The engine is another one now. */
  readonly reconnectEngine: () => void;
  /** What the engine was told. */
  readonly heard: FromDataplane[];
  readonly events: EventBody[];
  readonly call: ReturnType<typeof createCaller<DataplaneCalls>>['call'];
  /** Replaces a proxy thread, as after a crash. */
  readonly restartProxy: (index: number) => Promise<void>;
  /** Replaces the dataplane actor; the proxies go on. */
  readonly restartDataplane: () => Promise<void>;
  /** A reload that changes this part of the configuration. */
  readonly configure: (dataplane: Partial<Config['dataplane']>) => void;
  readonly stop: () => Promise<void>;
  /** Resolves as soon as `condition` holds. */
  readonly until: (condition: () => boolean | Promise<boolean>) => Promise<void>;
};

export async function startDataplane(
  t: ExecutionContext,
  options: { readonly dataplane?: Partial<Config['dataplane']>; readonly proxies?: number } = {},
): Promise<DataplaneRig> {
  const proxies = options.proxies ?? 1;
  const base = configWith();
  const config = configWith({
    node: { name: 'test', stateDir: tmpdir() },
    dataplane: { ...base.dataplane, driver: 'proxy', ...options.dataplane },
    runtime: { monitorShards: 1, proxyThreads: proxies },
  });
  const events: EventBody[] = [];
  const heard: FromDataplane[] = [];
  const contextOf = (name: string, links: readonly EndOfLink[]): ActorContext => ({
    ...dryContext(config, links),
    name,
    event: (body) => void events.push(body),
    fail: (error) => t.fail(error.message),
  });

  const engine = linkPair('engine', tableLink);
  engine.a.in$.subscribe((message) => heard.push(message));
  const shard = linkPair('monitor-0', fallenLink);
  const gateway = linkPair('gateway', dataplaneCalls);
  const toProxies = Array.from({ length: proxies }, (_, index) =>
    linkPair(`proxy-${index}`, proxyLink, { connected: false }),
  );

  const start = async (factory: ActorFactory, name: string, links: readonly EndOfLink[]): Promise<Actor> => {
    const actor = await factory(contextOf(name, links));
    actor.begin?.();
    return actor;
  };
  const startProxy = async (index: number): Promise<Actor> => {
    const pair = toProxies[index];
    const proxy = await start(createProxy, `proxy-${index}`, pair === undefined ? [] : [pair.b]);
    pair?.connect();
    return proxy;
  };
  const startOne = () =>
    start(createDataplane, 'dataplane', [engine.b, gateway.b, shard.b, ...toProxies.map((pair) => pair.a)]);

  const running = await Promise.all(toProxies.map((_, index) => startProxy(index)));
  let dataplane = await startOne();
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await dataplane.stop();
    await Promise.all(running.map((proxy) => proxy.stop()));
  };
  t.teardown(stop);
  return {
    heard,
    events,
    tell: (...services) => {
      for (const service of services) engine.a.out.next({ kind: 'service', name: service.name, service });
    },
    untell: (name) => engine.a.out.next({ kind: 'service', name, service: null }),
    complete: () => engine.a.out.next({ kind: 'complete' }),
    fall: (at, ...keys) => shard.a.out.next({ kind: 'fallen', keys, at: ns(at) }),
    answer: (until) => engine.a.out.next({ kind: 'heard', shard: 'monitor-0', until: ns(until) }),
    reconnectEngine: () => engine.connect(),
    call: createCaller<DataplaneCalls>(gateway.a).call,
    restartProxy: async (index) => {
      await running[index]?.stop();
      running[index] = await startProxy(index);
    },
    restartDataplane: async () => {
      // A crash: nobody says goodbye. Here the old one only stops to listen.
      const old = dataplane;
      old.configure({ ...config, dataplane: { ...config.dataplane, onStop: 'keep' } });
      await old.stop();
      dataplane = await startOne();
      engine.connect();
    },
    configure: (more) => dataplane.configure({ ...config, dataplane: { ...config.dataplane, ...more } }),
    stop,
    until,
  };
}
