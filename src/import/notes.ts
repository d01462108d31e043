/** What an import tells beside the configuration. */

/** Where something was written: a file as it was named, and the line, from 1. */
export type Place = { readonly file: string; readonly line: number };

export type Note = {
  readonly at: Place;
  readonly keyword: string;
  /** `left-out`: it is not in the configuration; `otherwise`: it is, and means something else here. */
  readonly kind: 'left-out' | 'otherwise';
  readonly why: string;
};

export const noteLine = ({ at, keyword, kind, why }: Note): string =>
  `${at.file}:${at.line}: ${keyword}: ${kind === 'otherwise' ? 'read otherwise than written: ' : ''}${why}`;

/** In the order of the source, each once. */
export function inOrder(notes: readonly Note[]): readonly Note[] {
  const files = [...new Set(notes.map(({ at }) => at.file))];
  const rank = new Map(files.map((file, index) => [file, index]));
  const unique = new Map(notes.map((note) => [noteLine(note), note]));
  return [...unique.values()].toSorted(
    (one, other) => (rank.get(one.at.file) ?? 0) - (rank.get(other.at.file) ?? 0) || one.at.line - other.at.line,
  );
}
