/**
 * Writes to the kernel's IPVS table: Fulcrum beside ipvsadm and keepalived, in one User Mode Linux guest, or (`--here`) on
 * this machine's own kernel, in a network namespace of its own.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { probeIpvs } from '../src/dataplane/drivers/ipvs/driver.js';
import { MissingPrivilegeError } from '../src/model/errors.js';
import { type DecisionFigures, START_MS } from './ipvs/decisions.js';
import { measureHostDecisions } from './ipvs/host-decisions.js';
import type { WriteFigures } from './ipvs/writes.js';
import type { BenchOptions } from './support/bench.js';
import { inRealtime } from './support/policy.js';
import { progress } from './support/progress.js';
import type { Report } from './support/report.js';
import { percentiles } from './support/stats.js';
import { runInGuest } from './support/uml.js';

export type IpvsBenchOptions = BenchOptions & {
  /** On this machine's kernel, where it has IPVS; else in a guest, where all code is 10 to 30 times slower. */
  readonly here: boolean;
  /** All that is measured, ours and theirs, before ordinary programs: SCHED_RR at priority 1. */
  readonly realtime: boolean;
  /** Weight changes by Fulcrum. */
  readonly weights: number;
  /** Weight changes by ipvsadm. */
  readonly ipvsadmWeights: number;
  /** Whole tables, and reconciles. */
  readonly rounds: number;
  /** Times that a backend is killed under each checker; 0 leaves the decision path out. */
  readonly kills: number;
  /** Decisions so soon after a checker's start are a figure of their own. */
  readonly startMs: number;
};

const defaults = {
  here: false,
  realtime: false,
  weights: 2000,
  ipvsadmWeights: 50,
  rounds: 3,
  kills: 100,
  startMs: START_MS,
};
/** To see that it works. */
const short = { weights: 100, ipvsadmWeights: 5, rounds: 1, kills: 2, startMs: 0 };

export type IpvsFigures = { readonly writes: WriteFigures; readonly decisions: DecisionFigures | null };
export type IpvsBenchData = IpvsFigures & {
  /** Microseconds, on this machine itself. */
  readonly hostDecisions: readonly number[];
};

const GUEST_LIMIT_MS = 900_000;
const MODULES = ['ip_vs', 'ip_vs_rr', 'ip_vs_wlc', 'nlmon'];
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Rejects with MissingPrivilegeError where `here` is asked of a kernel without IPVS, or by someone who may not write to it. */
export async function runIpvsBench(wanted: BenchOptions & Partial<IpvsBenchOptions>): Promise<Report> {
  const options = { ...defaults, ...(wanted.quick ? short : {}), ...wanted };
  if (options.here) await checkHere();
  const bar = progress(options.here ? 'ipvs, on this kernel' : 'ipvs, in a guest', 2);
  // With nobody beside it, so before the guest.
  const hostDecisions = await inRealtime(options.realtime, () => measureHostDecisions(options.kills));
  bar.tick();
  const inside = [fileURLToPath(new URL('./ipvs/inside.js', import.meta.url)), JSON.stringify(options)];
  const command = [process.execPath, ...inside];
  const figures = options.here ? await measureHere(command) : await measureInGuest(unthrottled(command));
  bar.done();
  return reportOf({ ...figures, hostDecisions }, options);
}

/** Changes without a pause fill the processor, as no real load does, and a kernel stops real-time threads for 50 ms a second then. */
const unthrottled = (command: readonly string[]): readonly string[] => [
  ...['sh', '-c', 'echo -1 >/proc/sys/kernel/sched_rt_runtime_us && exec "$0" "$@"'],
  ...command,
];

async function measureInGuest(command: readonly string[]): Promise<IpvsFigures> {
  const options = { modules: MODULES, timeoutMs: GUEST_LIMIT_MS, memory: '1G' };
  const { status, stdout, stderr, console } = await runInGuest(command, options);
  if (status !== 0) throw new Error(`the guest ended with ${status}:\n${stderr}\n${console}`);
  return JSON.parse(stdout) as IpvsFigures;
}

async function checkHere(): Promise<void> {
  const probe = await probeIpvs();
  if (!probe.ok) throw new MissingPrivilegeError('ip_vs', `--here: ${probe.why}; without --here it runs in a guest`);
}

async function measureHere(command: readonly string[]): Promise<IpvsFigures> {
  const script = 'ip link set lo up && exec "$0" "$@"';
  const { stdout } = await promisify(execFile)('unshare', ['--net', 'sh', '-c', script, ...command], {
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return JSON.parse(stdout) as IpvsFigures;
}

function reportOf({ writes, decisions, hostDecisions }: IpvsBenchData, options: IpvsBenchOptions): Report {
  const { here, realtime } = options;
  const weight = percentiles(writes.weightUs);
  const cold = percentiles(writes.coldWeightUs);
  const theirWeight = percentiles(writes.ipvsadmWeightUs);
  const table = percentiles(writes.tableMs);
  const theirTable = percentiles(writes.ipvsadmTableMs);
  const rows: (readonly (string | number)[])[] = [
    ['one weight, us (p50)', 'ipvsadm -e', theirWeight.p50, weight.p50, theirWeight.p50 / weight.p50],
    ['one weight, us (p99)', 'ipvsadm -e', theirWeight.p99, weight.p99, theirWeight.p99 / weight.p99],
    ['the same, the first 200 (p50)', 'ipvsadm -e', theirWeight.p50, cold.p50, theirWeight.p50 / cold.p50],
    ['1,000 services x 10 backends, ms', 'ipvsadm -R', theirTable.p50, table.p50, theirTable.p50 / table.p50],
  ];
  if (writes.addonWeightUs !== null) {
    const addon = percentiles(writes.addonWeightUs);
    for (const rank of ['p50', 'p99'] as const)
      rows.push([
        `one weight, us (${rank})`,
        'npm package netlink',
        addon[rank],
        weight[rank],
        addon[rank] / weight[rank],
      ]);
  }
  if (decisions !== null) {
    const { fulcrum, keepalived } = decisions;
    const decision = (what: string, theirs: readonly number[], ours: readonly number[]) => {
      const [theirUs, ourUs] = [percentiles(theirs), percentiles(ours)];
      for (const rank of ['p50', 'p99'] as const)
        rows.push([`${what}, us (${rank})`, 'keepalived', theirUs[rank], ourUs[rank], theirUs[rank] / ourUs[rank]]);
    };
    decision('reset seen to delete sent', keepalived.settled, fulcrum.settled);
    if (options.startMs > 0)
      decision(`the same, ${options.startMs / 1000} s from the start`, keepalived.early, fulcrum.early);
  }
  const reconcile = percentiles(writes.reconcileMs);
  const host = percentiles(hostDecisions);
  return {
    title: 'Writing the IPVS table',
    summary: `${
      here ? 'On this machine’s kernel.' : 'In User Mode Linux, where code is 10 to 30 times slower: read the ratios.'
    }${realtime ? ' All that is measured, ours and theirs, at SCHED_RR, priority 1.' : ''}`,
    sections: [
      {
        kind: 'table',
        title: 'Beside ipvsadm and keepalived',
        note: 'A weight: from the engine’s message, over a thread, to the kernel’s acknowledgement, in a table of 10,000 entries; ipvsadm is started for each; the npm package netlink is asked on its own thread, so it has no engine and no thread to cross. keepalived and Fulcrum probe every 200 ms and take a backend out at the first failure.',
        columns: ['what', 'against', 'theirs', 'fulcrum', 'times faster'],
        rows,
      },
      {
        kind: 'table',
        title: 'The decision path on this machine itself, us',
        note: 'From a backend’s reset of a probe’s connection to the call of the data-plane driver, here a table in memory.',
        columns: ['times', 'p50', 'p90', 'p99', 'max'],
        rows: [[host.count, host.p50, host.p90, host.p99, host.max]],
      },
      {
        kind: 'table',
        title: 'Reconcile of an unchanged table',
        columns: ['entries', 'ms (median)', 'writes'],
        rows: [[writes.reconcileEntries, reconcile.p50, writes.reconcileWrites]],
      },
      {
        kind: 'histogram',
        title: 'One weight change',
        unit: 'us',
        scale: 'log',
        series: [
          { name: 'fulcrum', samples: writes.weightUs },
          { name: 'ipvsadm -e', samples: writes.ipvsadmWeightUs },
        ],
      },
      ...(decisions === null
        ? []
        : [
            {
              kind: 'histogram',
              title: 'From the reset seen by a probe to the delete sent',
              unit: 'us',
              scale: 'log',
              series: [
                { name: 'fulcrum', samples: decisions.fulcrum.settled },
                { name: 'keepalived', samples: decisions.keepalived.settled },
              ],
            } as const,
          ]),
    ],
    data: { writes, decisions, hostDecisions } satisfies IpvsBenchData,
  };
}
