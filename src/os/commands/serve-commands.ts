/** The process that runs the commands of one thread. It ends with that thread, and all that it runs with it. */
import type { FromLauncher, ToLauncher } from './launcher-messages.js';
import { spawnCommand } from './spawn-command.js';

export function serveCommands(): void {
  const aborts = new Map<number, AbortController>();
  const groups = new Set<number>();
  const answer = (message: FromLauncher): void => void process.send?.(message, () => {});

  process.on('message', (message: ToLauncher) => {
    if (message.kind === 'abort') {
      aborts.get(message.id)?.abort();
      return;
    }
    const { id, options } = message;
    const abort = new AbortController();
    aborts.set(id, abort);
    void spawnCommand({ ...options, signal: abort.signal }, groups).then((result) => {
      aborts.delete(id);
      answer({ id, result });
    });
  });
  process.on('disconnect', () => {
    for (const group of groups) kill(group);
    process.exit(0);
  });
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It is gone.
  }
}
