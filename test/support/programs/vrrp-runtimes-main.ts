/**
 * Several runtimes in one process: `vrrp-runtimes-main.js JSON`, a list of `{ namespace, document }`, where an empty
 * namespace is the process's own. A line on stdin stops the runtime of that number. What happens are lines of JSON on
 * stdout; the last one tells what is left when all are stopped, and then the process ends by itself.
 */
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createRuntime } from '../../../src/index.js';
import { check, libc } from '../../../src/os/kernel/libc.js';

const setns = libc.func('int setns(int fd, int type)');
const CLONE_NEWNET = 0x40000000;
const LOOK_MS = 20;

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

// The thread pool stays once it was used.
await readFile('/proc/self/stat');
const count = () => ({
  threads: readdirSync('/proc/self/task').length,
  sockets: readdirSync('/proc/self/fd').filter((fd) => linkOf(`/proc/self/fd/${fd}`).startsWith('socket:')).length,
});
const before = count();

const inits = JSON.parse(process.argv[2] ?? '[]') as { namespace: string; document: object }[];
const running = new Map<string, () => Promise<void>>();
for (const [index, { namespace, document }] of inits.entries()) {
  if (namespace !== '') enter(`/run/netns/${namespace}`);
  const runtime = await createRuntime(document).catch((error: Error) => {
    say({ runtime: index, type: 'refused', why: error.message });
    return null;
  });
  if (runtime === null) continue;
  runtime.events$.subscribe((event) => say({ runtime: index, ...event }));
  // An event from before anybody listened is told to nobody; how things stand is.
  let last = '';
  const looking = setInterval(() => {
    const state = runtime.status().vrrp[0]?.state ?? '';
    if (state !== last) say({ runtime: index, type: 'is', state });
    last = state;
  }, LOOK_MS);
  running.set(`${index}`, () => {
    clearInterval(looking);
    return runtime.stop();
  });
}

const commands = createInterface(process.stdin).on('line', async (line) => {
  await running.get(line)?.();
  running.delete(line);
  say({ runtime: Number(line), type: 'stopped' });
  if (running.size > 0) return;
  say({ type: 'left', before, after: count() });
  commands.close();
  process.stdin.destroy();
});

/** A thread begins in the namespace of the one that makes it, so what this one starts from now on is there. */
function enter(path: string): void {
  const fd = openSync(path, 'r');
  check('setns', setns(fd, CLONE_NEWNET));
  closeSync(fd);
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
