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

/** Lines with a heading. The last column is cut at `width`, so that a long reason stays on its line. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], paint: Paint, width = Infinity): string[] {
  const cells = rows.map((row) => columns.map(({ cell }) => partsOf(cell(row))));
  const widths = columns.map(({ title }, index) =>
    cells.reduce((widest, row) => Math.max(widest, lengthOf(row[index]?.text ?? '')), lengthOf(title)),
  );
  const line = (parts: readonly Parts[]) => {
    let used = 0;
    return parts
      .map(({ text, colour }, index) => {
        const last = index === parts.length - 1;
        const room = last ? Math.max(width - used, 1) : (widths[index] ?? 0);
        const shown = cut(text, room);
        const padding = ' '.repeat(Math.max((widths[index] ?? 0) - lengthOf(shown), 0));
        used += (widths[index] ?? 0) + GAP.length;
        const painted = colour === null ? shown : paint(colour, shown);
        if (columns[index]?.align === 'right') return `${padding}${painted}`;
        return last ? painted : `${painted}${padding}`;
      })
      .join(GAP)
      .trimEnd();
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
