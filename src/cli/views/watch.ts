/** `--watch`: the same answer again and again. */
import { type Command, InvalidArgumentError } from 'commander';
import { parseHumantime } from '../../wire/text/humantime.js';
import { lookAtStdout, printLines } from '../output.js';
import { cut, safe } from '../text/table.js';
import type { Look } from './tables.js';

export type WatchOptions = { readonly json?: boolean; readonly watch?: boolean; readonly every?: number };

/** What is shown, as a document and as lines. */
export type Answer = { readonly value: unknown; readonly lines: (look: Look) => readonly string[] };

const PERIOD_MS = 2000;
/** A daemon with 100,000 backends answers a few times a second. */
const LEAST_PERIOD_MS = 100;

export const withWatch = (command: Command): Command =>
  command
    .option('-w, --watch', 'go on, and show what changes, until q or Ctrl-C; with --json a line for each change')
    .option('--every <duration>', 'with --watch: how often to look, such as 500ms (default: 2s)', parsePeriod);

/** Resolves when somebody quits. */
export async function watchAnswer(options: WatchOptions, ask: () => Promise<Answer>): Promise<void> {
  const { runLive, runPlain, scrolled } = await import('../top/live.js');
  const periodMs = options.every ?? PERIOD_MS;
  if (options.json === true || !process.stdout.isTTY) {
    const text = async () => {
      const { value, lines } = await ask();
      return options.json === true ? JSON.stringify(value) : lines(lookAtStdout()).join('\n');
    };
    return await runPlain(text, (each) => printLines([each]), periodMs);
  }
  await runLive({
    read: ask,
    render: ({ lines }, trouble, view) => {
      const look = { ...lookAtStdout(), width: view.columns };
      const head = trouble === null ? null : look.paint('red', cut(safe(trouble), view.columns));
      return scrolled(lines(look), head, view);
    },
    periodMs,
  });
}

function parsePeriod(text: string): number {
  const parsed = parseHumantime(text);
  if (!parsed.ok) throw new InvalidArgumentError(parsed.message);
  if (parsed.ns / 1e6 >= LEAST_PERIOD_MS) return parsed.ns / 1e6;
  throw new InvalidArgumentError(`It must be ${LEAST_PERIOD_MS}ms or longer.`);
}
