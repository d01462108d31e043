export type Place = { readonly line: number; readonly column: number };

/** Finds the line and column (both from 1, columns in characters) of offsets in a text. */
export const lineIndex = (text: string): ((offset: number) => Place) => {
  let starts: number[] | null = null;
  // A line may be megabytes long, and most of what is looked up comes in the order of the text.
  let last = { line: 0, offset: 0, characters: 0 };
  return (offset) => {
    starts ??= lineStarts(text);
    const line = lastAtMost(starts, offset);
    const from = last.line === line && last.offset <= offset ? last : { offset: starts[line] ?? 0, characters: 0 };
    const characters = from.characters + charactersIn(text, from.offset, offset);
    last = { line, offset, characters };
    return { line: line + 1, column: characters + 1 };
  };
};

/** A pair of surrogates is one character. */
const charactersIn = (text: string, from: number, to: number): number => {
  let count = 0;
  for (let at = from; at < to; at += 1) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) at += 1;
    count += 1;
  }
  return count;
};

const lineStarts = (text: string): number[] => {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
};

/** Index of the last number that is not above `limit`, in an ascending list that begins with 0. */
const lastAtMost = (ascending: readonly number[], limit: number): number => {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ascending[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
};
