import type { Statement } from '../language/blocks.js';
import type { Import } from './import.js';

/** What it is called here: names appear in paths, metrics and on the command line. */
export function nameFor(work: Import, statement: Statement): string {
  const [written = ''] = statement.words;
  const name =
    written.replace(/[^A-Za-z0-9._:@+[\]-]/gu, '-').replace(/^[^A-Za-z0-9[]+/u, '') || `line-${statement.at.line}`;
  if (name.slice(0, 128) !== written) work.otherwise(statement, `its name here is ${name.slice(0, 128)}`);
  return name.slice(0, 128);
}
