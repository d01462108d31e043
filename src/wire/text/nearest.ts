/** Which known word somebody may have meant. Pure. */

/** Levenshtein distance. */
const editDistance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const cost = left.charAt(i - 1) === right.charAt(j - 1) ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

/** Longer words have no near word here, and comparing them would cost. */
const MAX_WORD = 64;

/** The known word that is nearest to `word`; the first one among equals. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  const short = word.slice(0, MAX_WORD).toLowerCase();
  return known
    .map((candidate) => ({ candidate, distance: editDistance(short, candidate.toLowerCase()) }))
    .reduce<{ candidate: string; distance: number } | undefined>(
      (best, next) => (best === undefined || next.distance < best.distance ? next : best),
      undefined,
    )?.candidate;
};
