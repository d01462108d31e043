/** Aligned columns. */
import { type Colour, colourOf, type Paint } from './paint.js';

export type Cell = string | number | { readonly text: string; readonly colour: Colour };
export type Column<T> = {
  readonly title: string;
  /** @default left */
  readonly align?: 'left' | 'right';
  /** Left out where the terminal is too narrow for all, the highest first. @default it stays */
  readonly spare?: number;
  readonly cell: (row: T) => Cell;
};

export const stateCell = (state: string): Cell => ({ text: state, colour: colourOf(state) });

/**
 * Lines with a heading, none longer than `width`. Where there is no room for all, columns without content go first, then the spare
 * ones; then long columns are cut, and the last one, such as a reason, has what is left.
 */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], paint: Paint, width = Infinity): string[] {
  const all = columns.map((column): Shown => {
    const cells = rows.map((row) => partsOf(column.cell(row)));
    const content = cells.reduce((widest, { text }) => Math.max(widest, lengthOf(text)), 0);
    const { title, align = 'left', spare = 0 } = column;
    return {
      title,
      align,
      spare: content === 0 && rows.length > 0 ? Infinity : spare,
      cells,
      width: Math.max(content, lengthOf(title)),
    };
  });
  const shown = fitted(all, width);
  const line = (partsAt: (column: Shown) => Parts): string => {
    let used = 0;
    const parts: string[] = [];
    for (const [index, column] of shown.entries()) {
      const left = width - used;
      // A terminal that narrow shows the first columns.
      if (left < 1) break;
      const { text, colour } = partsAt(column);
      const last = index === shown.length - 1;
      const fitting = cut(text, last ? left : Math.min(column.width, left));
      const padding = ' '.repeat(Math.max(Math.min(column.width, left) - lengthOf(fitting), 0));
      used += column.width + GAP.length;
      const painted = colour === null ? fitting : paint(colour, fitting);
      if (column.align === 'right') parts.push(`${padding}${painted}`);
      else parts.push(last ? painted : `${painted}${padding}`);
    }
    return parts.join(GAP).trimEnd();
  };
  return [
    line(({ title }) => ({ text: title, colour: 'dim' })),
    ...rows.map((_, row) => line(({ cells }) => cells[row] ?? NOTHING)),
  ];
}

type Shown = {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly spare: number;
  readonly cells: readonly Parts[];
  readonly width: number;
};

/** Of the last column, so that the beginning of a reason can be read. */
const LAST_AT_LEAST = 24;
/** A name is still known by so many letters. */
const CUT_AT_LEAST = 12;

function fitted(columns: readonly Shown[], width: number): readonly Shown[] {
  let shown = columns;
  const excess = (): number => {
    const last = shown.at(-1)?.width ?? 0;
    const sum = shown.reduce((total, column) => total + column.width + GAP.length, -GAP.length);
    return sum - last + Math.min(last, LAST_AT_LEAST) - width;
  };
  while (excess() > 0) {
    const most = Math.max(...shown.map(({ spare }) => spare));
    const kept = shown.filter(({ spare }) => spare !== most);
    if (most === 0 || kept.length === 0) break;
    shown = kept;
  }
  while (excess() > 0) {
    const widest = Math.max(...shown.slice(0, -1).map((column) => column.width));
    if (widest <= CUT_AT_LEAST) break;
    const at = shown.findIndex((column) => column.width === widest);
    shown = shown.map((column, index) => (index === at ? { ...column, width: widest - 1 } : column));
  }
  return shown;
}

const GAP = '  ';
type Parts = { readonly text: string; readonly colour: Colour | null };
const NOTHING: Parts = { text: '', colour: null };

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
