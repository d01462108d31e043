/** What an import gives: the configuration, and the report. */
import { configFromValue } from '../../config/load.js';
import type { Document, Imported } from '../../import/document.js';
import { inOrder, type Note, noteLine } from '../../import/notes.js';
import { type Refusal, settle } from '../../import/settle.js';
import { yamlOf } from '../../import/write.js';
import { ConfigError, unplacedIssue } from '../../model/errors.js';
import { printJson } from '../output.js';
import { writeTo } from './source-files.js';

type How = {
  readonly file: string;
  readonly program: string;
  readonly output?: string;
  readonly report?: string;
  readonly json?: true;
};

/** @returns whether anything was left out */
export function tell(imported: Imported, { file, program, output, report, json }: How): boolean {
  const settled = settle(imported, refusals);
  if (settled === null) {
    throw new ConfigError([unplacedIssue({ file, message: 'nothing valid can be made of it' })]);
  }
  const notes = inOrder(settled.notes);
  const config = yamlOf(settled, [
    `Imported from ${file} by \`fulcrum import ${program}\`.`,
    `Comments name the lines there; "its default" is what ${program} takes where the file says nothing.`,
  ]);
  const lines = notes.map((note) => `${noteLine(note)}\n`).join('');
  if (report === undefined) process.stderr.write(lines);
  else writeTo(report, lines);
  if (output !== undefined) writeTo(output, config);
  const leftOut = notes.filter(({ kind }) => kind === 'left-out');
  if (json) {
    const otherwise = notes.filter(({ kind }) => kind === 'otherwise');
    printJson({ config: settled.document, left_out: leftOut.map(entry), read_otherwise: otherwise.map(entry) });
  } else if (output === undefined) process.stdout.write(config);
  return leftOut.length > 0;
}

const entry = ({ at, keyword, why }: Note) => ({ file: at.file, line: at.line, keyword, why });

function refusals(document: Document): readonly Refusal[] {
  try {
    configFromValue(document);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The last counts those that are not shown.
    return error.issues.filter(({ path }, index) => index === 0 || path !== '');
  }
}
