/** The files that a configuration includes, as whoever imports it gives them. */
export type SourceFiles = {
  /** The names in a directory, with a slash after those of directories; null where it cannot be read. */
  readonly list: (directory: string) => readonly string[] | null;
  /** Its text. @throws Error whose message says why it cannot be read */
  readonly read: (path: string) => string;
};
