import type { Statement } from '../language/blocks.js';
import type { Import } from './import.js';

/** What it is called here: names appear in paths, metrics and on the command line. */
export function nameFor(work: Import, statement: Statement): string {
  const [written = ''] = statement.words;
  const name = safeName(written) || `line-${statement.at.line}`;
  if (name !== written) work.otherwise(statement, `its name here is ${name}`);
  return name;
}

/** Empty where nothing of it may stand in a name. */
export const safeName = (written: string): string =>
  written
    .replace(/[^A-Za-z0-9._:@+[\]-]/gu, '-')
    .replace(/^[^A-Za-z0-9[]+/u, '')
    .slice(0, 128);
