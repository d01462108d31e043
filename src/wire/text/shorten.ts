/** The first characters of a peer's words; the mark says that there are more, and that a secret may have been cut in two. */
export const shorten = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}...` : text;
