/** Comments, words and quotes: lib/parser.c of keepalived says the same in C. */

/** A line without comments and the white space around it; `continues` where it ends in a backslash. */
export function withoutComment(line: string): { readonly text: string; readonly continues: boolean } {
  let text = '';
  let quoted = false;
  let continues = false;
  for (let at = 0; at < line.length; at += 1) {
    const mark = line.charAt(at);
    if (mark === '"') quoted = !quoted;
    else if (mark === '\\') {
      const next = line.charAt(at + 1);
      if (next === '') {
        continues = true;
        break;
      }
      at += 1;
      // Within quotes a backslash stays, for whoever reads the string.
      text += !quoted && (next === '#' || next === '!') ? next : mark + next;
      continue;
    } else if (!quoted && (mark === '#' || mark === '!')) break;
    text += mark;
  }
  return { text: text.trim(), continues };
}

/** Words at white space; text in double quotes is a word of its own, wherever it begins. */
export const wordsOf = (text: string): readonly string[] =>
  [...text.matchAll(/"([^"]*)(?:"|$)|[^\s"]+/gu)].map(([word, quoted]) => quoted ?? word);

const letters: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const PIECE = /\\(?:x([0-9A-Fa-f]{1,2})|c(.)|([0-7]{1,3})|(.)|$)|(["'])|(\s+)|[^\\"'\s]+/gsu;

/** Words as a shell has them: both kinds of quotes, which join to their neighbours, and C's escapes. */
export function shellWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (const [piece, hex, control, octal, letter, mark, space] of text.matchAll(PIECE)) {
    if (space !== undefined && quote === '') {
      if (word !== null) words.push(word);
      word = null;
    } else if (mark !== undefined && (quote === '' || quote === mark)) {
      quote = quote === '' ? mark : '';
      word ??= '';
    } else {
      word = (word ?? '') + unescaped(piece, { hex, control, octal, letter });
    }
  }
  if (word !== null) words.push(word);
  return words;
}

type Escape = Readonly<Record<'hex' | 'control' | 'octal' | 'letter', string | undefined>>;

function unescaped(piece: string, { hex, control, octal, letter }: Escape): string {
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
  if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) & 0x1f);
  if (letter !== undefined) return letters[letter] ?? letter;
  return piece;
}
