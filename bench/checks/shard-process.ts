/**
 * A monitor shard as the product runs it, on its own thread and over its real links, with a reader of its results in the place
 * of the engine. A process of its own, so that its processor time and memory are nobody else's: the load comes as JSON in the
 * arguments, the figures go out as JSON.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { engine } from '../../src/actors/engine/descriptor.js';
import { gateway } from '../../src/actors/gateway/descriptor.js';
import { monitor } from '../../src/actors/monitor/descriptor.js';
import { metrics } from '../../src/actors/monitor/metrics.js';
import { configFromValue } from '../../src/config/load.js';
import type { MetricSample } from '../../src/model/observing/state-item.js';
import { poolLimits } from '../../src/supervisor.js';
import type { LinkKind, Side } from '../../src/wire/links/link-kind.js';
import { type TargetAssignment, type ToMonitor, targetsLink } from '../../src/wire/links/targets.js';
import { telemetryLink } from '../../src/wire/links/telemetry.js';
import { createKeptFds } from '../../src/workers/host/kept-fds.js';
import { createCounters } from '../../src/workers/links/link-counters.js';
import { LinkEnd, type LinkGrant } from '../../src/workers/links/link-end.js';
import { LinkEnds } from '../../src/workers/links/link-ends.js';
import { launchThread } from '../../src/workers/supervision/thread.js';
import { connectsBegun } from '../support/process-figures.js';
import { addressOf, checkOf, type Figures, type Load } from './load.js';

/** Assignments in one message, as the engine sends them. */
const ASSIGN_BATCH = 500;
const bounds: readonly number[] = metrics.fulcrum_check_lateness_seconds.buckets;

class Tally {
  failed = 0;
  readonly lateness = new Array<number>(bounds.length + 1).fill(0);

  add(sample: MetricSample): void {
    if (sample.type === 'histogram' && sample.name === 'fulcrum_check_lateness_seconds') {
      for (const [index, added] of sample.buckets.entries()) {
        this.lateness[index] = (this.lateness[index] ?? 0) + added;
      }
    } else if (sample.type === 'counter' && sample.name === 'fulcrum_checks_total') {
      if (sample.labels['result'] !== 'healthy') this.failed += sample.value;
    }
  }

  /** The upper bound of the bucket that holds the 99th percentile. */
  get latenessP99Ms(): number {
    const total = this.lateness.reduce((sum, count) => sum + count, 0);
    let seen = 0;
    for (const [index, count] of this.lateness.entries()) {
      seen += count;
      if (seen >= total * 0.99) return (bounds[index] ?? Number.POSITIVE_INFINITY) * 1000;
    }
    return 0;
  }
}

function launchShard(onSample: (sample: MetricSample) => void) {
  const links = new LinkEnds((kind, link) => new LinkEnd(kind, link, () => {}));
  const connect = ({ name }: LinkKind, side: Side, peer: string): LinkGrant => {
    const { port1, port2 } = new MessageChannel();
    const common = { kind: name, incarnation: 1, counters: createCounters() };
    links.connect({ ...common, side, peer: monitor.kind, port: port1 });
    return { ...common, side: side === 'a' ? 'b' : 'a', peer, port: port2 };
  };
  const grants = [connect(targetsLink, 'a', engine.kind), connect(telemetryLink, 'b', gateway.kind)];
  const targets = links.end(targetsLink, 'a', monitor.kind);
  targets.in$.subscribe(() => {});
  links.end(telemetryLink, 'b', monitor.kind).in$.subscribe((message) => {
    if (message.kind === 'metrics') for (const sample of message.samples) onSample(sample);
  });
  const control = new MessageChannel();
  // Keeps the port open: a host whose supervisor is gone ends.
  control.port1.on('message', () => {});
  launchThread(
    {
      kind: monitor.kind,
      host: {
        name: `${monitor.kind}-0`,
        config: configFromValue({ runtime: { monitor_shards: 1 } }).config,
        control: control.port2,
        heartbeat: null,
        driverModule: null,
        keptFds: createKeptFds(),
        held: false,
        links: grants.map(({ kind, side, peer }) => ({ kind, side, peer })),
        grants,
      },
    },
    poolLimits,
  );
  return (message: ToMonitor) => targets.out.next(message);
}

async function measure(load: Load): Promise<Figures> {
  let tally = new Tally();
  const send = launchShard((sample) => tally.add(sample));
  const check = checkOf(load);
  send({ kind: 'replace-begin' });
  for (let from = 0; from < load.targets; from += ASSIGN_BATCH) {
    const targets = Array.from({ length: Math.min(ASSIGN_BATCH, load.targets - from) }, (_, i): TargetAssignment => {
      const host = addressOf(from + i);
      return { key: `${host}:${load.port}`, spec: { host, port: load.port, check, mark: null }, resume: null };
    });
    send({ kind: 'assign', targets });
  }
  send({ kind: 'replace-end' });
  await sleep(load.warmMs);
  tally = new Tally();
  const before = process.cpuUsage();
  // Exact at both ends, where the shard's own count comes once a second.
  const connects = connectsBegun(process.pid);
  const startedMs = performance.now();
  await sleep(load.measureMs);
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  const checks = connectsBegun(process.pid) - connects;
  return {
    rate: checks / seconds,
    failed: tally.failed,
    cpuUsPerCheck: (user + system) / checks,
    cpuPercent: (user + system) / seconds / 1e4,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
    latenessP99Ms: tally.latenessP99Ms,
  };
}

process.stdout.write(`${JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '') as Load))}\n`);
process.exit(0);
