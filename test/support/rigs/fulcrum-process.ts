import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';

export type LogRecord = { readonly [field: string]: unknown };

/** The real command line in a process of its own, with its JSON log read record by record. */
export interface FulcrumProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly records: readonly LogRecord[];
  /** The first record, past or to come, that fits. Rejects with the whole log when the process ends without one. */
  record(fits: (record: LogRecord) => boolean): Promise<LogRecord>;
  /** Sends the signal and answers with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export function startFulcrum(
  t: ExecutionContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): FulcrumProcess {
  const child = spawn(process.execPath, ['bin/fulcrum.js', ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...env },
  });
  t.teardown(() => child.kill('SIGKILL'));
  const records: LogRecord[] = [];
  const text: string[] = [];
  let ended = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const each of waiting) each();
  };
  createInterface({ input: child.stderr }).on('line', (line) => {
    text.push(line);
    try {
      records.push(JSON.parse(line));
    } catch {
      // What is no record is told when the process fails.
    }
    wake();
  });
  child.on('close', () => {
    ended = true;
    wake();
  });
  return {
    child,
    pid: child.pid ?? 0,
    records,
    async record(fits) {
      let seen = 0;
      for (;;) {
        for (; seen < records.length; seen += 1) {
          const record = records[seen];
          if (record !== undefined && fits(record)) return record;
        }
        if (ended) throw new Error(`fulcrum ${args.join(' ')} ended:\n${text.slice(-30).join('\n')}`);
        await new Promise<void>((resolve) => {
          const once = (): void => {
            waiting.delete(once);
            resolve();
          };
          waiting.add(once);
        });
      }
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
      return child.exitCode;
    },
  };
}
