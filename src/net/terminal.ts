import { isatty } from 'node:tty';

const STDERR = 2;

/** Whether what goes to stderr may be coloured: a person looks at it, and has not asked for plain text (no-color.org). */
export const stderrTakesColour = (env: NodeJS.ProcessEnv = process.env, terminal = isatty(STDERR)): boolean =>
  terminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
