import type { ConfigIssue } from '../../model/errors.js';
import { lineIndex } from './lines.js';
import { DocumentProblems, type Problem } from './problem.js';
import { readToml } from './toml.js';
import type { Origin, Tree } from './tree.js';
import { readYaml } from './yaml.js';

export type Format = 'yaml' | 'toml';
/** By the file's ending; JSON is YAML, and so is what has no known ending. */
export const formatOf = (file: string): Format => (/\.toml$/iu.test(file) ? 'toml' : 'yaml');

export type Where = Pick<ConfigIssue, 'file' | 'line' | 'column'>;
/** A document with the means to say where its parts were written. */
export type Source = { readonly tree: Tree; readonly where: (origin: Origin) => Where };
export type ReadResult =
  | { readonly ok: true; readonly source: Source }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] };

/** Reads a text as a document; a text that is none gives issues. */
export const readText = (text: string, file: string, format: Format): ReadResult => {
  // A byte order mark is allowed at the start; nobody sees it, so columns do not count it.
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const place = lineIndex(body);
  const unplaced = withoutPlaces(file);
  const where = (origin: Origin): Where => (typeof origin === 'number' ? { file, ...place(origin) } : unplaced(origin));
  return attempt(where, () => {
    const control = CONTROL.exec(body);
    if (control !== null) throw new DocumentProblems([controlProblem(control)]);
    return format === 'toml' ? readToml(body) : readYaml(body);
  });
};

/** For what was not written in a file's lines: a value, or an option that was set beside the document. */
export const withoutPlaces =
  (file: string) =>
  (origin: Origin): Where => ({
    file: typeof origin === 'object' && origin.kind === 'named' ? origin.name : file,
    line: 0,
    column: 0,
  });

/** Runs a reader that throws DocumentProblems. */
export const attempt = (where: (origin: Origin) => Where, read: () => Tree): ReadResult => {
  try {
    return { ok: true, source: { tree: read(), where } };
  } catch (error) {
    if (!(error instanceof DocumentProblems)) throw error;
    const issues = error.problems.map((problem) => ({
      ...where(problem.offset),
      path: '',
      message: problem.message,
    }));
    return { ok: false, issues };
  }
};

/** Control characters other than tab, line feed, carriage return and NEL: neither YAML nor TOML allows them. */
const CONTROL = /(?![\t\n\r\u0085])\p{Cc}/u;

const controlProblem = (match: RegExpExecArray): Problem => {
  const code = match[0].charCodeAt(0).toString(16).padStart(2, '0');
  return { offset: match.index, message: `the control character 0x${code} has no place here: is this a binary file?` };
};
