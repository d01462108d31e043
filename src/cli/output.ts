/** Where answers go: JSON for programs, lines for people. */
import { type Paint, paintFor } from './text/paint.js';
import type { Look } from './views/tables.js';

export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

export const printLines = (lines: readonly string[]): void => {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
};

/** As stdout is: lines are cut at a terminal's width, and whole in a pipe. */
export function lookAtStdout(): Look {
  const paint: Paint = paintFor(process.stdout);
  return { paint, width: process.stdout.isTTY ? process.stdout.columns : Infinity, nowMs: Date.now() };
}
