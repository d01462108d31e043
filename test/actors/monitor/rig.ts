import { Shard, type ShardOptions } from '../../../src/actors/monitor/shard.js';
import type { TcpCheck } from '../../../src/checks/tcp/index.js';
import type { EventBody } from '../../../src/model/observing/events.js';
import type { Checker, Outcome, Phase, ProbeOwner, ProbeSpec, RunningProbe } from '../../../src/model/probe.js';
import { nsFromMs, port } from '../../../src/model/units.js';
import type { FromShard } from '../../../src/wire/links/fallen.js';
import type { FromMonitor, StatusNews, TargetAssignment, TargetStatus } from '../../../src/wire/links/targets.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { tcpCheck as plainCheck, testContext } from '../../support/fixtures/checks.js';
import { SimulatedLoop } from './simulated-loop.js';

export const success: Outcome = { kind: 'healthy', durationNs: nsFromMs(1), message: 'connected' };
export const refused: Outcome = {
  kind: 'unhealthy',
  durationNs: nsFromMs(1),
  cause: 'refused',
  message: 'connection refused',
};

export const tcpCheck = (options: Partial<TcpCheck> = {}): TcpCheck => ({
  ...plainCheck,
  timeoutNs: nsFromMs(500),
  ...options,
});

export const assignment = (
  host: string,
  options: Partial<TcpCheck> = {},
  resume: TargetStatus | null = null,
): TargetAssignment => ({
  key: `key of ${host}`,
  spec: { host: host.split('/')[0] ?? '', port: port(80), check: tcpCheck(options), mark: null },
  resume,
});

/** How a host answers a probe: after how long, and with what; null = never. */
export type Behaviour = (spec: ProbeSpec) => { readonly afterMs: number; readonly outcome: Outcome } | null;

export type Rig = ReturnType<typeof createRig>;

/** A shard on a simulated loop, with one kind of checker that behaves as told. */
export function createRig(options: { readonly maxProbes?: number; readonly behaviour?: Behaviour } = {}) {
  const loop = new SimulatedLoop();
  const meter = new ActorMeter();
  const probes: { readonly host: string; readonly atMs: number }[] = [];
  const messages: StatusNews[] = [];
  /** To the data plane; and what the engine was told of that, in order. */
  const fallen: (FromShard | FromMonitor)[] = [];
  const events: EventBody[] = [];
  let aborted = 0;
  let underWay = 0;
  let most = 0;
  const rig = { behaviour: options.behaviour ?? (() => ({ afterMs: 1, outcome: success })), backlog: 0 };
  const startMs = loop.now() / 1e6;

  const released: string[] = [];
  const news = new Map<string, () => void>();
  const checker: Checker = {
    prepare(spec, owner) {
      news.set(spec.host, () => owner.news?.());
      return { start: () => start(spec, owner), release: () => void released.push(spec.host) };
    },
    close() {},
  };
  const start = (spec: ProbeSpec, owner: ProbeOwner): RunningProbe => {
    probes.push({ host: spec.host, atMs: loop.now() / 1e6 - startMs });
    underWay += 1;
    most = Math.max(most, underWay);
    let over = false;
    const answer = rig.behaviour(spec);
    const end = (): boolean => {
      if (over) return false;
      over = true;
      underWay -= 1;
      return true;
    };
    if (answer !== null) loop.io(answer.afterMs, () => end() && owner.ended(answer.outcome));
    return {
      abort(): Phase {
        if (end()) aborted += 1;
        return 'connect';
      },
    };
  };
  const shard = new Shard({
    context: {
      name: 'monitor-1',
      meter,
      event: (body) => void events.push(body),
      log: silentLog,
    },
    loop,
    checkers: { tcp: { create: () => checker } } as unknown as ShardOptions['checkers'],
    resolve: async (host) => host,
    readFile: testContext.readFile,
    maxProbes: options.maxProbes ?? 1000,
    send: (message) => void (message.kind === 'told' ? fallen.push(message) : messages.push(message)),
    sendFallen: (message) => void fallen.push(message),
    backlog: () => rig.backlog,
  });

  return Object.assign(rig, {
    loop,
    meter,
    shard,
    probes,
    messages,
    fallen,
    events,
    /** Hosts of targets that are gone. */
    released,
    /** The host's peer tells that something changed. */
    news: (host: string) => news.get(host)?.(),
    aborted: () => aborted,
    mostAtOnce: () => most,
    assign: (...targets: TargetAssignment[]) => shard.receive({ kind: 'assign', targets }),
    /** All transitions so far, as `host state: message`. */
    transitions: () =>
      messages
        .filter((message) => message.kind === 'transitions')
        .flatMap(({ statuses }) => statuses.map(({ key, state, message }) => `${key.slice(7)} ${state}: ${message}`)),
    /** Probes of one host, in ms since the start. */
    probesOf: (host: string) => probes.filter((probe) => probe.host === host).map(({ atMs }) => atMs),
    /** The sum of a counter's samples since the last call for any. */
    counts: () =>
      Object.fromEntries(
        meter
          .take()
          .flatMap((sample) =>
            sample.type === 'counter'
              ? [[[sample.name, ...Object.values(sample.labels)].join(' '), sample.value] as const]
              : [],
          ),
      ),
  });
}
