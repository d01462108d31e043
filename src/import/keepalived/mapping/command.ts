import { shellWords } from '../language/text.js';

/** Programs without a path are looked for along PATH. */
const LOOK_UP = '/usr/bin/env';

/** The words of a script, the program first, by its absolute path; null where it is none. */
export function commandOf(script: string): string[] | null {
  const words = shellWords(script);
  const [program = ''] = words;
  if (program.startsWith('/')) return [...words];
  return /^[A-Za-z0-9_.+-]+$/u.test(program) ? [LOOK_UP, ...words] : null;
}
