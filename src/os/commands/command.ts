/** A command that runs beside this program, and how it ended. */
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
