/** The words of a line that is written as for ip(8): options with a value each, words that stand alone, and the rest. */
export type Options = {
  readonly values: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  /** In their order. */
  readonly rest: readonly string[];
};

/** `names`: of options with a value, by each of their spellings; `flags`: what stands alone. */
export function optionsOf(
  words: readonly string[],
  names: Readonly<Record<string, string>>,
  flags: readonly string[],
): Options {
  const values = new Map<string, string>();
  const alone = new Set<string>();
  const rest: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const name = Object.hasOwn(names, word) ? names[word] : undefined;
    const value = words[at + 1];
    if (name !== undefined && value !== undefined) {
      values.set(name, value);
      at += 1;
    } else if (flags.includes(word)) alone.add(word);
    else rest.push(word);
  }
  return { values, flags: alone, rest };
}

/** Each under its own name. */
export const plain = (names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, name]));
