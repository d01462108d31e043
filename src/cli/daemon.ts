import { readConfig } from '../config/reading/config-reader.js';
import { tellWarnings } from '../embedding/read-config.js';
import { messageOf } from '../model/errors.js';
import type { LoadOptions } from '../model/load-options.js';
import { leaveThreadsAtExit } from '../os/process/leave-threads.js';
import { startUnwatched, type UnwatchedRuntime } from '../runtime.js';
import { StartSteps } from '../workers/supervision/start-steps.js';
import { startDemo } from './demo/demo.js';
import { type Hangups, nextSignal } from './signals.js';
import { paintFor } from './text/paint.js';
import { startStepLines } from './views/start-steps.js';

export type DaemonOptions = { readonly drills: boolean; readonly traceStart: boolean };

/** Runs until a signal ends it (true) or the system gives up (false). Throws what `createRuntime` throws. */
export async function runDaemon(
  file: string,
  load: LoadOptions,
  options: DaemonOptions,
  hangups: Hangups,
): Promise<boolean> {
  leaveThreadsAtExit();
  await using daemon = await start(file, load, options);
  const { runtime, stopped } = daemon;
  let asked = false;
  hangups.listen(() => void reload(runtime));
  return await Promise.race([
    stopped.then(() => {
      asked = true;
      return true;
    }),
    runtime.ended.then(
      () => true,
      (error: unknown) => {
        const what = asked ? 'the stop was cut short' : 'gave up';
        process.stderr.write(`fulcrum: ${what}: ${messageOf(error)}\n`);
        return false;
      },
    ),
  ]);
}

type Daemon = AsyncDisposable & { readonly runtime: UnwatchedRuntime; readonly stopped: Promise<unknown> };

/** A function of its own, for one that waits for the daemon's end keeps its variables: a configuration may be large. */
async function start(file: string, load: LoadOptions, { drills, traceStart }: DaemonOptions): Promise<Daemon> {
  const main = new StartSteps('main', 0);
  main.done('Node.js and the command line');
  const { config, warnings } = await readConfig({ document: { kind: 'file', path: file }, options: load });
  tellWarnings(warnings, 'stderr');
  main.done('configuration');
  const stopped = nextSignal();
  const options = { logger: 'stderr', load, drills, serviceManager: true } as const;
  const runtime = await startUnwatched(config, file, options, stopped);
  // Whoever is refused, as a daemon with the same file runs already, must not disturb the demo of that one.
  const demo = await startDemo(config).catch(async (error: unknown) => {
    await runtime.stop();
    throw error;
  });
  if (traceStart) {
    const lines = startStepLines([...main.all, ...(await runtime.startSteps())], paintFor(process.stderr));
    process.stderr.write(`${lines.join('\n')}\n`);
  }
  return {
    runtime,
    stopped,
    async [Symbol.asyncDispose]() {
      await runtime.stop();
      await demo[Symbol.asyncDispose]();
    },
  };
}

/** The supervisor says in the log what came of it. */
async function reload(runtime: UnwatchedRuntime): Promise<void> {
  await runtime.reload().catch(() => {});
}
