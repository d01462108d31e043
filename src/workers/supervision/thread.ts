import { type MessagePort, type ResourceLimits, Worker } from 'node:worker_threads';
import { threadEntry } from '../../model/package.js';
import { withOwnCompiler } from '../../os/memory/hot-code.js';
import type { HostInit } from '../host/host.js';
import { HANGS_AFTER_MS, killedThreads } from './killed-threads.js';

export type ThreadInit = {
  /** A name of the registry of actors. */
  readonly kind: string;
  readonly host: HostInit;
};

export type ThreadEnd = {
  readonly why: string;
  /** It was killed, and hangs in a system call: it ends as soon as that returns, before it does anything else. */
  readonly left: boolean;
};

/** A running actor's thread, however it came to be. */
export type Thread = {
  /** Resolves when the thread is gone, or left behind; never rejects. */
  readonly ended: Promise<ThreadEnd>;
  /** Ends it now, whatever it does. */
  kill(): void;
};

export type ThreadLimits = {
  /** Of the old generation; the thread dies of ERR_WORKER_OUT_OF_MEMORY past it, and only the thread. */
  readonly memoryMb: number;
  /** Of the young one, which otherwise grows to 48 MB in each thread at the first burst of work, and stays so. */
  readonly youngMb: number;
  /** Nothing of what it does may wait for threads of V8. */
  readonly ownCompiler?: true;
};

export const resourceLimitsOf = ({ memoryMb, youngMb }: ThreadLimits): ResourceLimits => ({
  maxOldGenerationSizeMb: memoryMb,
  maxYoungGenerationSizeMb: youngMb,
});

/** The ports in a HostInit, which must be transferred with it. */
export const portsOf = (host: HostInit): MessagePort[] => [host.control, ...host.grants.map((grant) => grant.port)];

export function launchThread(init: ThreadInit, limits: ThreadLimits): Thread {
  const start = () =>
    new Worker(threadEntry('actor'), {
      workerData: init,
      transferList: portsOf(init.host),
      name: init.host.name,
      resourceLimits: resourceLimitsOf(limits),
    });
  const worker = limits.ownCompiler ? withOwnCompiler(start) : start();
  return threadOf(worker);
}

export function threadOf(worker: Worker): Thread {
  let why: string | null = null;
  let leave = (): void => {};
  const ended = new Promise<ThreadEnd>((resolve) => {
    worker.on('error', (error) => {
      why = describe(error);
    });
    worker.on('exit', (code) => resolve({ why: why ?? `exit code ${code}`, left: false }));
    leave = () => resolve({ why: 'its thread hangs in a system call, and was left behind', left: true });
  });
  return {
    ended,
    kill: () => {
      void worker.terminate();
      void killedThreads.leave(worker, HANGS_AFTER_MS).then(leave);
    },
  };
}

/** An error in one line. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return `${typeof code === 'string' ? `${code}: ` : ''}${error.message || error.name}`;
}
