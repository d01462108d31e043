/**
 * The HAProxy agent beside one made of @grpc/grpc-js, in turns, with this process as the load and a third as the backend.
 * `fulcrum bench agent`.
 */
import { fileURLToPath } from 'node:url';
import { freshConnections, keptConnections, type Loaded, steadyRate, type Target } from './agent-load.js';
import type { BenchOptions } from './support/bench.js';
import { startPeer } from './support/peer.js';
import { cpuUsOf, rssMbOf } from './support/process-figures.js';
import { progress } from './support/progress.js';
import type { Report } from './support/report.js';
import { percentiles, rounds } from './support/stats.js';

export type AgentBenchOptions = {
  /** Of each measurement. */
  readonly seconds: number;
  readonly rounds: number;
  /** Backends of the last load. */
  readonly backends: number;
  /** TCP ports of 127.0.0.1 that are free: for the backend, the agent and the peer. */
  readonly ports: readonly [number, number, number];
};

type Measured = {
  readonly perSecond: number;
  readonly wrong: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuUs: number;
  readonly rssMb: number;
};

type Load = { readonly name: string; readonly goal: string; readonly put: (target: Target) => Promise<Loaded> };

const loadsOf = (seconds: number, backends: number, line: (name: string) => string): readonly Load[] => {
  const same = (port: number): Target => ({ port, line: () => line('one.test') });
  const own = (port: number): Target => ({ port, line: (client) => line(`b${client}.test`) });
  return [
    {
      name: 'one backend, 32 kept connections',
      goal: '5,000/s',
      put: ({ port }) => keptConnections(same(port), 32, seconds),
    },
    {
      name: '32 backends, 32 kept connections',
      goal: '',
      put: ({ port }) => keptConnections(own(port), 32, seconds),
    },
    {
      name: 'one backend, a connection per check',
      goal: '3,000/s',
      put: ({ port }) => freshConnections(same(port), 16, seconds),
    },
    {
      name: '1,000 connections held, 1,000 checks/s, one backend',
      goal: 'p99 < 20 ms, RSS < 120 MB',
      put: ({ port }) => steadyRate(same(port), 1000, 1000, seconds),
    },
    {
      name: '1,000 connections held, 1,000 checks/s, 1,000 backends',
      goal: 'p99 < 20 ms',
      put: ({ port }) => steadyRate(own(port), 1000, 1000, seconds),
    },
    {
      name: `${backends} backends over ${backends / 10} connections`,
      goal: 'bounded memory',
      put: ({ port }) => everyBackend(port, backends, line),
    },
  ];
};

/** Asks about each backend once, over few connections. */
async function everyBackend(port: number, backends: number, line: (name: string) => string): Promise<Loaded> {
  const clients = backends / 10;
  const asked = new Array<number>(clients).fill(0);
  const target: Target = {
    port,
    line: (client) => {
      const turn = asked[client] ?? 0;
      asked[client] = turn + 1;
      return line(`many${client}-${turn % 10}.test`);
    },
  };
  return steadyRate(target, clients, 1000, Math.ceil(backends / 1000));
}

const defaults: AgentBenchOptions = { seconds: 5, rounds: 3, backends: 10_000, ports: [45_551, 45_552, 45_553] };
const short = { seconds: 1, rounds: 1, backends: 1000 };

export async function runAgentBench(wanted: BenchOptions & Partial<AgentBenchOptions>): Promise<Report> {
  const options = { ...defaults, ...(wanted.quick ? short : {}), ...wanted };
  const [backendPort, agentPort, peerPort] = options.ports;
  const line = (name: string): string => `127.0.0.1 ${backendPort} no-ssl ${name}\n`;
  const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const cli = fileURLToPath(new URL('../../bin/fulcrum.js', import.meta.url));
  const listen = ['--listen', `127.0.0.1:${agentPort}`, '--metrics', '127.0.0.1:0'];
  const found = new Map<string, Measured[]>();
  const loads = loadsOf(options.seconds, options.backends, line);
  const bar = progress('agent', loads.length * 2 * options.rounds);
  const backend = await startPeer(process.execPath, [script('./agent-backend.js'), String(backendPort)], /ready/);
  try {
    for (let round = 0; round < options.rounds; round++) {
      // Fresh processes each round, so that memory is that of these loads alone.
      const contenders = [
        { name: 'fulcrum', port: agentPort, args: [cli, 'agent', ...listen], ready: /listening/ },
        { name: 'grpc-js', port: peerPort, args: [script('./agent-grpcjs.js'), String(peerPort)], ready: /ready/ },
      ];
      for (const { name, port, args, ready } of contenders) {
        const process_ = await startPeer(process.execPath, args, ready);
        for (const load of loads) {
          const key = `${load.name} ${name}`;
          found.set(key, [...(found.get(key) ?? []), await measure(load, port, process_.pid)]);
          bar.tick(1, key);
        }
        await process_.stop();
      }
    }
    bar.done();
    return reportOf(found, loads);
  } finally {
    await backend.stop();
  }
}

async function measure(load: Load, port: number, pid: number): Promise<Measured> {
  const before = cpuUsOf(pid);
  const { checks, wrong, seconds, latenciesMs } = await load.put({ port, line: () => '' });
  const { p50, p99 } = percentiles(latenciesMs);
  return {
    perSecond: checks / seconds,
    wrong,
    p50Ms: p50,
    p99Ms: p99,
    cpuUs: (cpuUsOf(pid) - before) / checks,
    rssMb: rssMbOf(pid),
  };
}

function reportOf(found: ReadonlyMap<string, readonly Measured[]>, loads: readonly Load[]): Report {
  const rows = loads.flatMap((load) =>
    ['fulcrum', 'grpc-js'].map((name) => {
      const all = found.get(`${load.name} ${name}`) ?? [];
      const median = (of: keyof Measured): number => rounds(all.map((one) => one[of])).median;
      const figures = (['perSecond', 'wrong', 'p50Ms', 'p99Ms', 'cpuUs', 'rssMb'] as const).map(median);
      return [load.name, load.goal, name, ...figures];
    }),
  );
  return {
    title: 'The HAProxy agent',
    sections: [
      {
        kind: 'table',
        title: 'Checks through the agent',
        note: "Medians. Load and backend are processes of their own; CPU is the agent's, in us per check, its log at level info included.",
        columns: ['load', 'goal', 'agent', 'checks/s', 'wrong', 'p50 ms', 'p99 ms', 'CPU us', 'RSS MB'],
        rows,
      },
    ],
    data: Object.fromEntries(found),
  };
}
