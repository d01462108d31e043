/**
 * A network namespace for a bench's contenders, so that the kernel's counters and ports are theirs alone. Without root, or
 * without `ip`, they share the host's network, and other programs' connections are counted with theirs.
 */
import { spawnSync } from 'node:child_process';

type Command = readonly [string, ...string[]];

export type Arena = {
  /** The command that runs another one inside. */
  command(...command: Command): Command;
  readonly isolated: boolean;
  close(): void;
};

const run = (...[command, ...args]: Command): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

export function openArena(): Arena {
  const name = `fulcrum-bench-${process.pid}`;
  if (!run('ip', 'netns', 'add', name)) {
    return { command: (...command) => command, isolated: false, close: () => {} };
  }
  run('ip', '-n', name, 'link', 'set', 'lo', 'up');
  return {
    command: (...command) => ['ip', 'netns', 'exec', name, ...command],
    isolated: true,
    close: () => void run('ip', 'netns', 'del', name),
  };
}
