/** Where answers go: JSON for programs, lines for people. */
import { ConfigError } from '../model/errors.js';
import { type Paint, paintFor } from './text/paint.js';
import type { Look } from './views/tables.js';

export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

export const printLines = (lines: readonly string[]): void => {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
};

/** With `--json` the errors of a refused configuration are a document too; their lines go to stderr in any case. */
export async function tellingErrors<T>({ json }: { readonly json?: boolean }, answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    if (json === true && error instanceof ConfigError) printJson({ errors: error.issues });
    throw error;
  }
}

/** As stdout is: lines are cut at a terminal's width, and whole in a pipe. */
export function lookAtStdout(): Look {
  const paint: Paint = paintFor(process.stdout);
  return { paint, width: process.stdout.isTTY ? process.stdout.columns : Infinity, nowMs: Date.now() };
}
