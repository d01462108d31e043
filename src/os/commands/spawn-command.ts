/**
 * Starts one command and sees it to its end, in the process that calls: `run-command.ts` has one for this. It never throws: the
 * result tells.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf } from '../../model/errors.js';
import { findUser, type UserIds } from '../process/user.js';
import type { CommandEnd, CommandOptions, CommandResult } from './command.js';
import { whyUnsafe } from './safe-program.js';

/** Between SIGTERM and SIGKILL: enough to remove a lock file. */
const TERM_GRACE_MS = 1_000;
/** How long what it wrote is waited for after its end: a process that left the group may hold the pipe for ever. */
const OUTPUT_GRACE_MS = 250;
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `groups`: the process groups that run, which whoever ends before them kills. */
export async function spawnCommand(options: CommandOptions, groups: Set<number>): Promise<CommandResult> {
  const ids: Partial<UserIds> | null = options.user === null ? {} : findUser(options.user);
  if (ids === null) return notStarted(`there is no user ${options.user} on this machine`);
  if ((ids.uid ?? process.getuid?.()) === 0) {
    const why = await whyUnsafe(options.command[0] ?? '');
    if (why !== null) return notStarted(why);
  }
  if (options.signal?.aborted === true) return { kind: 'aborted', output: '', truncated: false };
  return new Promise((resolve) => {
    try {
      new Run(start(options, ids), options, groups, resolve);
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
  readonly #groups: Set<number>;
  readonly #resolve: (result: CommandResult) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #cut: 'timed-out' | 'aborted' | null = null;
  readonly #limit: NodeJS.Timeout;
  #kill: NodeJS.Timeout | undefined;

  constructor(
    child: ChildProcess,
    options: CommandOptions,
    groups: Set<number>,
    resolve: (result: CommandResult) => void,
  ) {
    this.#child = child;
    this.#options = options;
    this.#groups = groups;
    if (child.pid !== undefined) groups.add(child.pid);
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
    this.#groups.delete(this.#child.pid ?? 0);
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
