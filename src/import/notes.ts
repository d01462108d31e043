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

/** In the order of the source, each once; what is read otherwise at many lines for one reason is told at the first. */
export function inOrder(notes: readonly Note[]): readonly Note[] {
  const files = [...new Set(notes.map(({ at }) => at.file))];
  const rank = new Map(files.map((file, index) => [file, index]));
  const sorted = notes.toSorted(
    (one, other) => (rank.get(one.at.file) ?? 0) - (rank.get(other.at.file) ?? 0) || one.at.line - other.at.line,
  );
  const unique = new Map(sorted.map((note) => [noteLine(note), note]));
  const first = new Map<string, Note>();
  const more = new Map<Note, number>();
  const told = [...unique.values()].filter((note) => {
    const key = `${note.keyword}\n${note.why}`;
    const same = note.kind === 'otherwise' ? first.get(key) : undefined;
    if (same !== undefined) more.set(same, (more.get(same) ?? 0) + 1);
    else first.set(key, note);
    return same === undefined;
  });
  return told.map((note) => {
    const count = more.get(note);
    return count === undefined ? note : { ...note, why: `${note.why} (and so at ${count} more)` };
  });
}
