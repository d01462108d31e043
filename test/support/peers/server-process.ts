import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { toolPath } from './tool-path.js';

/** A real server as a child process, with the faults that tests put on it. */
export interface ServerProcess {
  readonly pid: number;
  /** SIGSTOP to it and its children: connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** SIGTERM, or what `stopSignal` says, and waits for the end. Does nothing to one that has ended. */
  stop(): Promise<void>;
}

export type ServerCommand = {
  readonly command: string;
  readonly args: readonly string[];
  /** A line of its output that says it is ready. */
  readonly ready: RegExp;
  /** Hears each line of its output. */
  readonly onLine?: (line: string) => void;
  readonly stopSignal?: NodeJS.Signals;
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** A network namespace, for which it takes root; else this process's. */
  readonly namespace?: string | undefined;
};

/** Where a server listens, on a port of its own choice unless one is given. */
export type Place = { readonly namespace?: string | undefined; readonly address: string; readonly port?: number };
export const LOOPBACK: Place = { address: '127.0.0.1' };

const READY_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;

/** Rejects with what the server printed when it ends, or says nothing for long, before it is ready. */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const { namespace, uid, gid } = server;
  const as = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid ?? uid}`, '--clear-groups'];
  // Each of these becomes the next, so the process is the server.
  const inside = namespace === undefined ? as : ['ip', 'netns', 'exec', namespace, ...as];
  const [command = server.command, ...args] = [...inside, server.command, ...server.args];
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...server.env, PATH: toolPath() },
  });
  await isReady(child, server);
  const pid = child.pid ?? 0;
  const signalAll = (signal: NodeJS.Signals): void => {
    for (const each of [pid, ...childrenOf(pid)]) signalOne(each, signal);
  };
  return {
    pid,
    freeze() {
      signalAll('SIGSTOP');
      // A thread that runs just now stops a little later: until then it could still answer.
      const giveUpMs = performance.now() + STOP_LIMIT_MS;
      while ([pid, ...childrenOf(pid)].some(hasRunningThread)) {
        if (performance.now() > giveUpMs) throw new Error(`${server.command} does not stop on SIGSTOP`);
      }
    },
    thaw: () => signalAll('SIGCONT'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      signalAll('SIGCONT');
      child.kill(server.stopSignal ?? 'SIGTERM');
      await once(child, 'exit');
    },
  };
}

function isReady(child: ChildProcess, server: ServerCommand): Promise<void> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      reject(new Error(`${server.command} ${why}:\n${lines.slice(-20).join('\n')}`));
    };
    const timer = setTimeout(() => fail('was not ready in time'), READY_LIMIT_MS);
    const onEnd = (): void => fail('ended before it was ready');
    const settle = (): void => {
      clearTimeout(timer);
      child.off('exit', onEnd);
    };
    child.once('exit', onEnd).once('error', (error) => {
      settle();
      reject(error);
    });
    for (const stream of [child.stdout, child.stderr]) {
      // Read on after it is ready: a full pipe would stop the server.
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        server.onLine?.(line);
        if (!server.ready.test(line)) return;
        settle();
        resolve();
      });
    }
  });
}

/** A child may end by itself between being listed and being signalled. */
function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** proc(5): the state comes after the name in parentheses; T is stopped, and Z and X have ended. */
function hasRunningThread(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some((thread) => {
      const state = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ').at(-1)?.[0] ?? 'X';
      return !'TtZX'.includes(state);
    });
  } catch {
    return false;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        // The command's name, in parentheses, may hold spaces: the parent is the second field after it.
        return readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1] === String(pid);
      } catch {
        return false;
      }
    })
    .map(Number);
}
