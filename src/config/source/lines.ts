export type Place = { readonly line: number; readonly column: number };

/** Finds the line and column (both from 1, columns in characters) of offsets in a text. */
export const lineIndex = (text: string): ((offset: number) => Place) => {
  let starts: number[] | null = null;
  return (offset) => {
    starts ??= lineStarts(text);
    const line = lastAtMost(starts, offset);
    const start = starts[line] ?? 0;
    return { line: line + 1, column: [...text.slice(start, offset)].length + 1 };
  };
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
