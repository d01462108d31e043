/**
 * Are there false results? Thousands of healthy backends (nginx on as many addresses of 127.0.0.0/8) are checked by a whole
 * runtime while the machine is kept busy; at the end they are really stopped, and each must be found out.
 * `fulcrum bench soak`; it ends with 1 when there was a false result.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRuntime, type Runtime } from '../src/index.js';
import { addressOf } from './checks/load.js';
import { startNginx } from './checks/nginx.js';
import { type Counts, countsOf, judgeSoak, type Soak, type SoakVerdict } from './checks/soak-tally.js';
import type { BenchOptions } from './support/bench.js';
import { progress } from './support/progress.js';
import type { Report } from './support/report.js';
import { type Load, startLoad } from './vrrp/load.js';

export type SoakOptions = {
  /** With every backend healthy. */
  readonly minutes: number;
  readonly backends: number;
  readonly intervalMs: number;
  readonly load: Load;
  /** TCP ports that are free: of the backends, and of the runtime's API. */
  readonly ports: readonly [number, number];
};

const SERVICES = 10;
/** How often it is looked, and one step of the progress bar. */
const STEP_MS = 1000;
/** For the first probes of all backends, and later for all of them to be found out. */
const PATIENCE_MS = 60_000;

type Sample = { readonly second: number; readonly counts: Counts; readonly latenessS: number };
type SoakReport = Report & { readonly verdict: SoakVerdict };

const defaults: SoakOptions = {
  minutes: 60,
  backends: 10_000,
  intervalMs: 5000,
  load: 'garbage',
  ports: [18_395, 18_396],
};
const short = { minutes: 0.5, backends: 1000 };

export async function runSoakBench(wanted: BenchOptions & Partial<SoakOptions>): Promise<SoakReport> {
  const options = { ...defaults, ...(wanted.quick ? short : {}), ...wanted };
  const seconds = Math.ceil(options.minutes * 60);
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-soak-'));
  const [port, apiPort] = options.ports;
  const host = { command: (...command: readonly [string, ...string[]]) => command, isolated: false, close: () => {} };
  const nginx = await startNginx(directory, port, host);
  try {
    await using runtime = await createRuntime(documentOf(options, directory));
    const falseStates: string[] = [];
    let soaking = false;
    runtime.events$.subscribe((event) => {
      if (soaking && event.type === 'backend-state' && event.to !== 'healthy') {
        falseStates.push(`${event.service} ${event.backend}: ${event.why}`);
      }
    });
    if (!(await becomes(runtime, options.backends))) {
      throw new Error(
        `only ${healthyIn(runtime)} of ${options.backends} backends became healthy: is port ${port} free?`,
      );
    }
    const look = async (): Promise<{ counts: Counts; latenessS: number }> => {
      const text = await (await fetch(`http://127.0.0.1:${apiPort}/metrics`)).text();
      return { counts: countsOf(text), latenessS: sumOf(text, 'fulcrum_check_lateness_seconds_sum') };
    };
    const samples: Sample[] = [];
    const bar = progress('soak', seconds);
    const first = await look();
    soaking = true;
    {
      await using _load = startLoad(options.load);
      const startedMs = performance.now();
      for (let second = 1; second <= seconds; second++) {
        await sleep(Math.max(0, startedMs + second * STEP_MS - performance.now()));
        const { counts, latenessS } = await look();
        samples.push({ second, counts: minus(counts, first.counts), latenessS });
        const now = samples.at(-1)?.counts;
        bar.tick(1, `${now?.healthy ?? 0} probes, ${now?.unhealthy ?? 0} false, ${falseStates.length} taken out`);
      }
    }
    soaking = false;
    bar.done();
    await nginx.stop();
    await becomes(runtime, 0);
    const soak: Soak = {
      ...options,
      seconds,
      counts: samples.at(-1)?.counts ?? minus(first.counts, first.counts),
      falseStates,
      missed: healthyIn(runtime),
    };
    return reportOf(options, soak, samples);
  } finally {
    await nginx.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Half of the services are checked by TCP, half by HTTP; one failure is enough to take a backend out. */
function documentOf({ backends, intervalMs, ports }: SoakOptions, directory: string): object {
  const interval = `${intervalMs}ms`;
  return {
    node: { state_dir: directory },
    control: { socket: null, http: `127.0.0.1:${ports[1]}`, grpc: null },
    dataplane: { driver: 'dry-run' },
    services: Array.from({ length: SERVICES }, (_, service) => ({
      name: `s${service}`,
      address: '10.255.0.1',
      port: 1000 + service,
      checks: [
        { type: service % 2 === 0 ? 'tcp' : 'http', interval, timeout: `${Math.min(intervalMs, 1000)}ms`, retries: 0 },
      ],
      backends: Array.from({ length: backends }, (__, index) => index)
        .filter((index) => index % SERVICES === service)
        .map((index) => ({ name: `b${index}`, address: addressOf(index), port: ports[0] })),
    })),
  };
}

const healthyIn = (runtime: Runtime): number =>
  runtime
    .status()
    .services.reduce((sum, { backends }) => sum + backends.filter(({ state }) => state === 'healthy').length, 0);

async function becomes(runtime: Runtime, healthy: number): Promise<boolean> {
  for (const startedMs = performance.now(); healthyIn(runtime) !== healthy; await sleep(100)) {
    if (performance.now() - startedMs > PATIENCE_MS) return false;
  }
  return true;
}

const minus = (one: Counts, other: Counts): Counts => ({
  healthy: one.healthy - other.healthy,
  unhealthy: one.unhealthy - other.unhealthy,
  error: one.error - other.error,
});

const sumOf = (metrics: string, name: string): number =>
  Number(new RegExp(`^${name}(?:\\{\\})? ([0-9.e+-]+)$`, 'm').exec(metrics)?.[1] ?? 0);

function reportOf(options: SoakOptions, soak: Soak, samples: readonly Sample[]): SoakReport {
  const verdict = judgeSoak(soak);
  const { counts } = soak;
  const perSecond = samples.map(({ second, counts: now }, index): [number, number] => {
    const before = samples[index - 1]?.counts;
    return [second, before === undefined ? now.healthy : now.healthy - before.healthy];
  });
  const probes = counts.healthy + counts.unhealthy + counts.error;
  const [first, last] = [samples[0], samples.at(-1)];
  const latenessMs =
    first === undefined || last === undefined || last.counts.healthy === first.counts.healthy
      ? 0
      : ((last.latenessS - first.latenessS) * 1000) / (last.counts.healthy - first.counts.healthy);
  return {
    title: `Soak: ${options.backends} healthy backends for ${options.minutes} min`,
    summary: verdict.text,
    failed: !verdict.passed,
    sections: [
      {
        kind: 'table',
        title: 'Results',
        note: `Every ${options.intervalMs} ms, half by TCP, half by HTTP. Beside it, in processes of their own: ${options.load} (the loads of the jitter bench).`,
        columns: ['probes', 'healthy', 'false', 'not judged', 'taken out', 'stopped and missed', 'mean lateness ms'],
        rows: [
          [probes, counts.healthy, counts.unhealthy, counts.error, soak.falseStates.length, soak.missed, latenessMs],
        ],
      },
      {
        kind: 'timeline',
        title: 'Probes per second',
        xLabel: 'second',
        yLabel: 'healthy results',
        mark: 'line',
        series: [{ name: 'fulcrum', points: perSecond }],
      },
    ],
    data: { options, soak, verdict, samples },
    verdict,
  };
}
