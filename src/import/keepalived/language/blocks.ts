/** From lines to statements: a keyword with its words, and what stands in its braces. */

import type { Place } from '../../notes.js';
import { MAX_NESTING } from './limits.js';
import { unreadable } from './problem.js';
import type { Line, Remark } from './reader.js';
import { wordsOf } from './text.js';

export type Statement = {
  readonly keyword: string;
  /** What follows the keyword. */
  readonly words: readonly string[];
  /** The line itself, for strings that are quoted as in a shell. */
  readonly text: string;
  readonly at: Place;
  /** Null for a statement without braces. */
  block: Statement[] | null;
};

export type Blocks = { readonly statements: readonly Statement[]; readonly remarks: readonly Remark[] };

/** Any lines are some blocks: what has no match is told. */
export function blocksOf(lines: readonly Line[]): Blocks {
  const remarks: Remark[] = [];
  const tell = (at: Place, keyword: string, why: string) => remarks.push({ at, keyword, why, lost: true });
  const top: Statement[] = [];
  const open: { readonly within: Statement[]; readonly of: Statement | null }[] = [{ within: top, of: null }];
  let last: Statement | null = null;
  for (const { text, at } of lines) {
    for (const piece of piecesOf(text)) {
      const within = open.at(-1)?.within ?? top;
      if (piece === '{') {
        if (last === null || last.block !== null) tell(at, '{', 'there is no keyword before it');
        const of = last?.block === null ? last : null;
        const inside: Statement[] = [];
        if (of !== null) of.block = inside;
        open.push({ within: inside, of });
        if (open.length > MAX_NESTING) throw unreadable(at, '{', `blocks are nested more than ${MAX_NESTING} deep`);
        last = null;
      } else if (piece === '}') {
        if (open.length === 1) tell(at, '}', 'no block is open here');
        else open.pop();
        last = null;
      } else {
        const [keyword = '', ...words] = wordsOf(piece);
        last = { keyword, words, text: piece, at, block: null };
        within.push(last);
      }
    }
  }
  for (const { of } of open.slice(1)) if (of !== null) tell(of.at, of.keyword, "its closing '}' is missing");
  return { statements: top, remarks };
}

/** Braces outside of quotes are pieces of their own. */
const piecesOf = (text: string): readonly string[] =>
  (text.match(/[{}]|(?:"[^"]*(?:"|$)|[^{}"])+/gu) ?? []).map((piece) => piece.trim()).filter((piece) => piece !== '');
