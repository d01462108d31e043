/**
 * A thread's own process for its commands. To start a program is to copy the page tables of who starts it: in this process that
 * takes milliseconds, in which no thread of it gets memory, the one that adverts neither. In a small one it costs nobody anything;
 * and it sees when this thread is gone, and kills what still runs.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { messageOf } from '../../model/errors.js';
import { threadEntry } from '../../model/package.js';
import type { CommandOptions, CommandResult } from './command.js';
import type { FromLauncher, ToLauncher } from './launcher-messages.js';

type Waiting = { readonly resolve: (result: CommandResult) => void; readonly options: CommandOptions; abort(): void };

export class Launcher {
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | null = null;
  #lastId = 0;

  run(options: CommandOptions): Promise<CommandResult> {
    return new Promise((resolve) => {
      try {
        this.#child ??= this.#start();
        this.#send(this.#child, options, resolve);
      } catch (error) {
        resolve(lost(messageOf(error)));
      }
    });
  }

  #send(child: ChildProcess, { signal, ...options }: CommandOptions, resolve: (result: CommandResult) => void): void {
    this.#lastId += 1;
    const id = this.#lastId;
    const send = (message: ToLauncher): void => void child.send(message, () => {});
    const waiting = {
      resolve,
      options: { ...options, ...(signal === undefined ? {} : { signal }) },
      abort: () => send({ kind: 'abort', id }),
    };
    this.#waiting.set(id, waiting);
    child.channel?.ref();
    send({ kind: 'run', id, options });
    if (signal?.aborted === true) waiting.abort();
    else signal?.addEventListener('abort', waiting.abort);
  }

  #start(): ChildProcess {
    const child = fork(threadEntry('command-launcher'), {
      // In a session of its own: a terminal's Ctrl-C is for this process to act on.
      detached: true,
      cwd: '/',
      env: {},
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.unref();
    child.channel?.unref();
    child.on('message', ({ id, result }: FromLauncher) => this.#end(id, result));
    const gone = (why: string): void => {
      if (this.#child !== child) return;
      this.#child = null;
      for (const id of [...this.#waiting.keys()]) this.#end(id, lost(why));
    };
    child.on('error', (error) => gone(error.message));
    child.on('exit', (code, signal) => gone(signal ?? `exit code ${code}`));
    return child;
  }

  #end(id: number, result: CommandResult): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.options.signal?.removeEventListener('abort', waiting.abort);
    if (this.#waiting.size === 0) this.#child?.channel?.unref();
    waiting.resolve(result);
  }
}

const lost = (why: string): CommandResult => ({
  kind: 'not-started',
  message: `the process that runs commands failed: ${why}`,
  output: '',
  truncated: false,
});
