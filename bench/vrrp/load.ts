/** What the machine is kept busy with while adverts are measured. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

export const loads = ['none', 'garbage', 'cpu', 'checks', 'disk'] as const;
export type Load = (typeof loads)[number];

export const loadText: Readonly<Record<Load, string>> = {
  none: 'nothing else runs',
  garbage: 'garbage storms in the main thread and in another worker (for Fulcrum and libuv in their own process)',
  cpu: 'a busy loop for every core',
  checks: '10,000 health checks a second (for Fulcrum in its own process)',
  disk: 'synchronous writes to the disk from every core',
};

const burner = fileURLToPath(new URL('./burner.js', import.meta.url));

/** Starts the part of a load that is a process of its own; null where there is none. */
export function startLoad(load: Load): AsyncDisposable | null {
  switch (load) {
    case 'none':
      return null;
    case 'garbage':
    case 'checks':
      return burn([load]);
    case 'cpu':
    case 'disk':
      return burn(Array.from({ length: availableParallelism() }, () => load));
    default:
      return load satisfies never;
  }
}

function burn(kinds: readonly string[]): AsyncDisposable {
  const children: ChildProcess[] = kinds.map((kind) =>
    spawn(process.execPath, [burner, kind], { stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  return {
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  };
}
