/** A file and all that it includes; a large site's is below 2 MB. */
export const MAX_SOURCE_BYTES = 16 * 1024 * 1024;

/** The files that a configuration includes, as whoever imports it gives them. */
export type SourceFiles = {
  /** The names in a directory, with a slash after those of directories; null where it cannot be read. */
  readonly list: (directory: string) => readonly string[] | null;
  /** Its text. @throws Error whose message says why it cannot be read */
  readonly read: (path: string) => string;
};
