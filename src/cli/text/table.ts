/** Aligned columns. */
import { type Colour, colourOf, type Paint } from './paint.js';

export type Cell = string | number | { readonly text: string; readonly colour: Colour };
export type Column<T> = {
  readonly title: string;
  /** @default left */
  readonly align?: 'left' | 'right';
  readonly cell: (row: T) => Cell;
};

export const stateCell = (state: string): Cell => ({ text: state, colour: colourOf(state) });

/** Lines with a heading, none longer than `width`: the last column, such as a long reason, is cut, and where that is not enough, those before it. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], paint: Paint, width = Infinity): string[] {
  const cells = rows.map((row) => columns.map(({ cell }) => partsOf(cell(row))));
  const widths = columns.map(({ title }, index) =>
    cells.reduce((widest, row) => Math.max(widest, lengthOf(row[index]?.text ?? '')), lengthOf(title)),
  );
  const line = (parts: readonly Parts[]) => {
    let used = 0;
    const shown: string[] = [];
    for (const [index, { text, colour }] of parts.entries()) {
      const left = width - used;
      // A terminal that narrow shows the first columns.
      if (left < 1) break;
      const last = index === parts.length - 1;
      const own = widths[index] ?? 0;
      const fitting = cut(text, last ? left : Math.min(own, left));
      const padding = ' '.repeat(Math.max(Math.min(own, left) - lengthOf(fitting), 0));
      used += own + GAP.length;
      const painted = colour === null ? fitting : paint(colour, fitting);
      if (columns[index]?.align === 'right') shown.push(`${padding}${painted}`);
      else shown.push(last ? painted : `${painted}${padding}`);
    }
    return shown.join(GAP).trimEnd();
  };
  return [line(columns.map(({ title }) => ({ text: title, colour: 'dim' }))), ...cells.map(line)];
}

const GAP = '  ';
type Parts = { readonly text: string; readonly colour: Colour | null };

function partsOf(cell: Cell): Parts {
  if (typeof cell === 'number') return { text: String(cell), colour: null };
  if (typeof cell === 'string') return { text: safe(cell), colour: null };
  return { text: safe(cell.text), colour: cell.colour };
}

/** What a backend answered must not move the cursor of who reads about it. */
export const safe = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');

const lengthOf = (text: string): number => [...text].length;

/** At most `room` letters, with an ellipsis where something is missing. */
export const cut = (text: string, room: number): string => {
  const letters = [...text];
  return letters.length <= room ? text : `${letters.slice(0, Math.max(room - 1, 0)).join('')}…`;
};
