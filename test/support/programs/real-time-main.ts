/**
 * A runtime in which the engine crashes, beside a thread as punctual as the VRRP one. Prints the limit of real-time run time in
 * microseconds, then the scheduling of each thread (`POLICY PRIORITY`, as numbers of sched(7)) before, `restarted`, and the same after.
 */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, Worker } from 'node:worker_threads';
import { filter, firstValueFrom } from 'rxjs';
import { createRuntime } from '../../../src/index.js';
import { behindPunctual, makePunctual, stepForward } from '../../../src/os/process/realtime.js';

/** proc(5): the fields after the name in parentheses begin with the third. */
const PRIORITY = 40 - 3;
const POLICY = 41 - 3;

function tellScheduling(): void {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  console.log(/^Max realtime timeout +(\S+)/m.exec(limits)?.[1]);
  for (const thread of readdirSync('/proc/self/task')) {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    console.log(`${fields[POLICY]} ${fields[PRIORITY]}`);
  }
}

if (parentPort === null) {
  const punctual = new Worker(new URL(import.meta.url));
  await new Promise((resolve) => punctual.once('message', resolve));
  const node = { state_dir: mkdtempSync(join(tmpdir(), 'fulcrum-real-time-')) };
  const config = { node, control: { socket: null, http: null }, dataplane: { driver: 'dry-run' } } as const;
  const runtime = await createRuntime(config, { drills: true, logger: null });
  tellScheduling();
  const restarted = firstValueFrom(
    runtime.events$.pipe(filter((event) => event.type === 'actor' && event.change === 'restarted')),
  );
  await runtime.drill('engine', 'crash');
  await restarted;
  console.log('restarted');
  tellScheduling();
  await runtime.stop();
  await punctual.terminate();
} else {
  const realtime = makePunctual('auto');
  behindPunctual(realtime, () => {});
  stepForward(realtime);
  parentPort.postMessage('punctual');
  // Stays until it is terminated.
  parentPort.on('message', () => {});
}
