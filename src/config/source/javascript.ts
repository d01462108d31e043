import { MAX_DEPTH, MAX_VALUES } from '../limits.js';
import { DocumentProblems, problem } from './problem.js';
import { emptyMap, type Tree, unknownOrigin } from './tree.js';

/**
 * The tree of a JavaScript value: a host's object, or a parsed HTTP body. What JSON cannot say stays a scalar, for the
 * schema to refuse.
 * @throws DocumentProblems where it is cyclic, too deep or too large
 */
export const readValue = (value: unknown): Tree => {
  try {
    return treeOfValue(value);
  } catch (error) {
    if (error instanceof DocumentProblems) throw error;
    // A getter or a proxy of the host's.
    throw problem(0, `the value cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const treeOfValue = (value: unknown): Tree => {
  let count = 0;
  const convert = (part: unknown, depth: number): Tree => {
    count += 1;
    if (count > MAX_VALUES) throw problem(0, `the document has more than ${MAX_VALUES} values`);
    if (depth > MAX_DEPTH) throw problem(0, `the document is cyclic, or nested deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(part)) {
      // Array.from also visits the holes of a sparse array.
      return { kind: 'list', origin: unknownOrigin, items: Array.from(part, (item) => convert(item, depth + 1)) };
    }
    if (!isPlainObject(part)) return { kind: 'scalar', origin: unknownOrigin, value: scalarOf(part) };
    const map = emptyMap(unknownOrigin);
    for (const [key, item] of Object.entries(part)) {
      // `undefined` is how JavaScript leaves a key out.
      if (item !== undefined) map.entries.set(key, { key: unknownOrigin, value: convert(item, depth + 1) });
    }
    return map;
  };
  return convert(value, 1);
};

/** An object that is no map must not pass for an empty one: a symbol is what no schema takes. */
const scalarOf = (part: unknown): unknown =>
  typeof part === 'object' && part !== null ? Symbol(`an object of class ${part.constructor?.name}`) : part;

const isPlainObject = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object from another realm (a vm context, a test runner) has another Object.prototype, itself without prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};
