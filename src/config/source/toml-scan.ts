import { MAX_DEPTH, MAX_TOML_MARKS, MAX_TOML_STRING } from '../limits.js';
import type { Problem } from './problem.js';

/**
 * What in a TOML text would cost its parser too much: nesting, since it recurses, and size, since each mark takes
 * kilobytes. Strings and comments are skipped; what is unclear in a wrong text is the parser's to say.
 */
export const scanToml = (text: string): Problem | null => {
  let depth = 0;
  let marks = 0;
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (MARKS.has(char)) marks += 1;
    if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth = Math.max(0, depth - 1);
    if (depth > MAX_DEPTH) return { offset: at, message: `nested deeper than ${MAX_DEPTH} levels` };
    if (marks > MAX_TOML_MARKS) return { offset: at, message: `more than ${MAX_TOML_MARKS} keys and values: use YAML` };
    const end = endOf(text, char, at);
    if (end - at > MAX_TOML_STRING && char !== '#') {
      return { offset: at, message: `a string of more than ${MAX_TOML_STRING} characters` };
    }
    at = end;
  }
  return null;
};

const MARKS: ReadonlySet<string> = new Set(['=', ',', '#', '[', '{']);

/** The offset behind what begins at `at`: a comment, a string, or one character. */
const endOf = (text: string, char: string, at: number): number => {
  if (char === '#') return behind(text, '\n', at);
  return char === '"' || char === "'" ? endOfString(text, char, at) : at + 1;
};

const behind = (text: string, mark: string, from: number): number => {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + mark.length;
};

const endOfString = (text: string, quote: '"' | "'", start: number): number => {
  const isLong = text.startsWith(quote.repeat(3), start);
  const mark = isLong ? quote.repeat(3) : quote;
  let at = start + mark.length;
  while (at < text.length) {
    if (text.startsWith(mark, at)) return at + mark.length;
    // A short string ends with its line at the latest; only double quotes know escapes.
    if (!isLong && text.charAt(at) === '\n') return at;
    at += quote === '"' && text.charAt(at) === '\\' ? 2 : 1;
  }
  return text.length;
};
