/**
 * Where a TOML text first nests arrays and inline tables deeper than `limit`; null where it never does. The parser
 * recurses, so this comes before it. Strings and comments are skipped; what is unclear in a wrong text is the parser's to say.
 */
export const tomlNesting = (text: string, limit: number): number | null => {
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth = Math.max(0, depth - 1);
    if (depth > limit) return at;
    if (char === '#') at = endOf(text, '\n', at);
    else if (char === '"' || char === "'") at = endOfString(text, char, at);
    else at += 1;
  }
  return null;
};

/** The offset behind the next `mark` from `from` on, or the text's end. */
const endOf = (text: string, mark: string, from: number): number => {
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
