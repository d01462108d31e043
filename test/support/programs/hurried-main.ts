/**
 * A verdict on its way from a monitor's thread through the engine's to the data plane's, with links as the runtime has them. The
 * monitor's has more to do once it has told. Prints `told SOONER` or `told LATER` than the monitor was done, for each of some rounds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, MessageChannel, parentPort, Worker, workerData } from 'node:worker_threads';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { yieldCpu } from '../../../src/os/process/realtime.js';
import type { LinkKind, Side } from '../../../src/wire/links/link-kind.js';
import { type ToDataplane, tableLink } from '../../../src/wire/links/tables.js';
import { type FromMonitor, targetsLink } from '../../../src/wire/links/targets.js';
import { createCounters } from '../../../src/workers/links/link-counters.js';
import { LinkEnd, type LinkGrant } from '../../../src/workers/links/link-end.js';

const ROUNDS = 20;
/** Less than a real-time thread's turn, which is 100 ms. */
const BUSY_MS = 20;

const kinds: readonly LinkKind[] = [targetsLink, tableLink];

function linkEnd(grant: LinkGrant): LinkEnd {
  const kind = kinds.find(({ name }) => name === grant.kind);
  if (kind === undefined) throw new Error(`no kind ${grant.kind}`);
  const end = new LinkEnd(kind, grant, () => {}, yieldCpu);
  end.attach(grant, false);
  return end;
}

function grants({ name }: LinkKind): Record<Side, LinkGrant> {
  const { port1, port2 } = new MessageChannel();
  const common = { kind: name, peer: 'other', incarnation: 0, counters: createCounters() };
  return { a: { ...common, side: 'a', port: port1 }, b: { ...common, side: 'b', port: port2 } };
}

const start = (role: string, ...own: LinkGrant[]): Worker =>
  new Worker(new URL(import.meta.url), { workerData: { role, own }, transferList: own.map(({ port }) => port) });

async function asMonitor(toEngine: LinkEnd): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    // All threads are idle before the next one.
    await sleep(50);
    toEngine.out.next({ kind: 'transitions', statuses: [] } satisfies FromMonitor);
    const untilNs = monotonicNow() + BUSY_MS * 1e6;
    while (monotonicNow() < untilNs);
    parentPort?.postMessage(monotonicNow());
  }
}

if (isMainThread) {
  const targets = grants(targetsLink);
  const table = grants(tableLink);
  const toldNs: number[] = [];
  const fromEngine = linkEnd(table.b);
  fromEngine.in$.subscribe(() => toldNs.push(monotonicNow()));
  const engine = start('engine', targets.a, table.a);
  const monitor = start('monitor', targets.b);
  let done = 0;
  monitor.on('message', (doneNs: number) => {
    const told = toldNs[done] ?? Number.POSITIVE_INFINITY;
    console.log(told < doneNs ? 'told SOONER' : 'told LATER');
    done += 1;
    if (done < ROUNDS) return;
    fromEngine.close();
    void engine.terminate();
    void monitor.terminate();
  });
} else {
  const { role, own } = workerData as { role: string; own: readonly LinkGrant[] };
  const [first, second] = own.map(linkEnd);
  if (first === undefined) throw new Error('no link');
  if (role === 'monitor') await asMonitor(first);
  else {
    first.in$.subscribe(() => {
      second?.out.next({ kind: 'service', name: 'web', service: null } satisfies ToDataplane);
    });
  }
}
