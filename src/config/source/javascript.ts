import { MAX_DEPTH, MAX_VALUES } from '../limits.js';
import { problem } from './problem.js';
import { emptyMap, type Tree, unknownOrigin } from './tree.js';

/**
 * The tree of a JavaScript value: a host's object, or a parsed HTTP body. What JSON cannot say stays a scalar, for the
 * schema to refuse.
 * @throws DocumentProblems where it is cyclic, too deep or too large
 */
export const readValue = (value: unknown): Tree => {
  let count = 0;
  const convert = (part: unknown, depth: number): Tree => {
    count += 1;
    if (count > MAX_VALUES) throw problem(0, `the document has more than ${MAX_VALUES} values`);
    if (depth > MAX_DEPTH) throw problem(0, `the document is cyclic, or nested deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(part)) {
      // Array.from also visits the holes of a sparse array.
      return { kind: 'list', origin: unknownOrigin, items: Array.from(part, (item) => convert(item, depth + 1)) };
    }
    if (!isPlainObject(part)) return { kind: 'scalar', origin: unknownOrigin, value: part };
    const map = emptyMap(unknownOrigin);
    for (const [key, item] of Object.entries(part)) {
      // `undefined` is how JavaScript leaves a key out.
      if (item !== undefined) map.entries.set(key, { key: unknownOrigin, value: convert(item, depth + 1) });
    }
    return map;
  };
  return convert(value, 1);
};

const isPlainObject = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object from another realm (a vm context, a test runner) has another Object.prototype, itself without prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};
