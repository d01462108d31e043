import type { Statement } from '../language/blocks.js';
import { shellWords } from '../language/text.js';
import type { Fields, Value } from './fields.js';

/** Programs without a path are looked for along PATH. */
const LOOK_UP = '/usr/bin/env';

/** The words of a script, the program first, by its absolute path; null where it is none. */
export function commandOf(script: string): string[] | null {
  const words = shellWords(script);
  const [program = ''] = words;
  if (program.startsWith('/')) return [...words];
  return /^[A-Za-z0-9_.+-]+$/u.test(program) ? [LOOK_UP, ...words] : null;
}

/** The same, of a line that names one and nothing else. */
export const programOf = (from: Statement | undefined): string[] | null =>
  from === undefined ? null : commandOf(shellWords(from.text)[1] ?? '');

/** Who runs it: its own user, or that of all scripts. */
export const userOf = (own: Value<string>, globals: Fields): Value<string> =>
  own.from === undefined ? globals.word('script_user') : own;
