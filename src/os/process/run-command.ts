/**
 * Runs one command: without a shell, as another user where asked, in a session (and so a process group) of its own,
 * with a time limit that ends the whole group, and with bounded output. It never throws: the result tells.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf } from '../../model/errors.js';
import { findUser, type UserIds } from './user.js';

export type CommandOptions = {
  /** The program's absolute path, then its arguments. */
  readonly command: readonly string[];
  /** A name or a uid; null: as this process. Its supplementary groups are dropped. */
  readonly user: string | null;
  /** All that the command sees, beside a usual PATH. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it reads on stdin; null: nothing. */
  readonly input: string | null;
  /** Then its group gets SIGTERM, and a second later SIGKILL. */
  readonly timeoutMs: number;
  /** Of stdout and stderr together; the rest is read and thrown away. */
  readonly maxOutputBytes: number;
  /** Ends it as the time limit does. */
  readonly signal?: AbortSignal;
  /** What it left running in its group lives on after its end, as a daemon that it started; otherwise that is killed. */
  readonly keepBackground?: boolean;
};

/** How it ended. `output` is what it wrote to stdout and stderr, in order of arrival. */
export type CommandResult = CommandEnd & { readonly output: string; readonly truncated: boolean };

export type CommandEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'aborted' }
  /** It never ran; the message says why, and what to do. */
  | { readonly kind: 'not-started'; readonly message: string };

/** Between SIGTERM and SIGKILL: enough to remove a lock file. */
const TERM_GRACE_MS = 1_000;
/** How long what it wrote is waited for after its end: a process that left the group may hold the pipe for ever. */
const OUTPUT_GRACE_MS = 250;
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function runCommand(options: CommandOptions): Promise<CommandResult> {
  const ids = options.user === null ? {} : findUser(options.user);
  if (ids === null) return Promise.resolve(notStarted(`there is no user ${options.user} on this machine`));
  if (options.signal?.aborted === true) return Promise.resolve({ kind: 'aborted', output: '', truncated: false });
  return new Promise((resolve) => {
    try {
      new Run(start(options, ids), options, resolve);
    } catch (error) {
      resolve(notStarted(messageOf(error)));
    }
  });
}

const notStarted = (message: string): CommandResult => ({ kind: 'not-started', message, output: '', truncated: false });

function start({ command, environment, input }: CommandOptions, ids: Partial<UserIds>): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, {
    ...ids,
    cwd: '/',
    env: { PATH: USUAL_PATH, ...environment },
    stdio: [input === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

class Run {
  readonly #child: ChildProcess;
  readonly #options: CommandOptions;
  readonly #resolve: (result: CommandResult) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #cut: 'timed-out' | 'aborted' | null = null;
  readonly #limit: NodeJS.Timeout;
  #kill: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, options: CommandOptions, resolve: (result: CommandResult) => void) {
    this.#child = child;
    this.#options = options;
    this.#resolve = resolve;
    this.#limit = setTimeout(() => this.#end('timed-out'), options.timeoutMs);
    options.signal?.addEventListener('abort', this.#aborted);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.#hear(chunk));
      stream?.on('error', () => {});
    }
    // It may end without having read it all.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
    child.once('error', (error) => this.#done({ kind: 'not-started', message: whyNotStarted(error, options) }));
    child.once('exit', (code, signal) => this.#exited(code, signal));
  }

  readonly #aborted = (): void => this.#end('aborted');

  #hear(chunk: Buffer): void {
    const room = this.#options.maxOutputBytes - this.#bytes;
    if (room > 0) this.#chunks.push(Buffer.from(chunk.subarray(0, room)));
    this.#bytes += chunk.length;
  }

  #end(cut: 'timed-out' | 'aborted'): void {
    if (this.#cut !== null) return;
    this.#cut = cut;
    this.#signalGroup('SIGTERM');
    this.#kill = setTimeout(() => this.#signalGroup('SIGKILL'), TERM_GRACE_MS);
  }

  #exited(code: number | null, signal: string | null): void {
    clearTimeout(this.#limit);
    clearTimeout(this.#kill);
    if (this.#cut !== null || this.#options.keepBackground !== true) this.#signalGroup('SIGKILL');
    const end: CommandEnd =
      this.#cut !== null
        ? { kind: this.#cut }
        : signal !== null
          ? { kind: 'signalled', signal }
          : { kind: 'exited', code: code ?? 0 };
    const finish = (): void => {
      clearTimeout(late);
      this.#done(end);
    };
    const late = setTimeout(finish, OUTPUT_GRACE_MS);
    this.#child.once('close', finish);
  }

  #done(end: CommandEnd): void {
    clearTimeout(this.#limit);
    clearTimeout(this.#kill);
    this.#options.signal?.removeEventListener('abort', this.#aborted);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#child.stdin?.destroy();
    const output = Buffer.concat(this.#chunks).toString('utf8');
    this.#resolve({ ...end, output, truncated: this.#bytes > this.#options.maxOutputBytes });
  }

  /** One call reaches all of them, however quickly they fork: the kernel lets no fork pass while a signal is pending. */
  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // ESRCH: all of them are gone.
    }
  }
}

function whyNotStarted(error: NodeJS.ErrnoException, { command: [program = ''], user }: CommandOptions): string {
  const who = user === null ? 'this user' : `user ${user}`;
  switch (error.code) {
    case 'ENOENT':
      return `${program}: no such file, or the interpreter of its first line (#!) is missing`;
    case 'EACCES':
      return `${program}: ${who} may not execute it: check its mode, and that of the folders above`;
    case 'EPERM':
      return `${program}: running it as ${who} needs root (CAP_SETUID, CAP_SETGID and CAP_KILL)`;
    case 'EAGAIN':
      return `${program}: ${who} has as many processes as its limit allows (RLIMIT_NPROC), or the machine has`;
    default:
      return `${program}: ${error.message}`;
  }
}
