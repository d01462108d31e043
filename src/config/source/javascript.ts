import { messageOf } from '../../model/errors.js';
import { MAX_DEPTH } from '../limits.js';
import { DocumentProblems, problem } from './problem.js';
import { addSize, type Size, textSize } from './size.js';
import { emptyMap, type ListTree, type MapTree, type Tree, unknownOrigin } from './tree.js';

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
    throw problem(0, `the value cannot be read: ${messageOf(error)}`);
  }
};

/** With what it has once all that is shared is written out. */
type Converted = Size & { readonly tree: Tree; depth: number };

/** What the value shares stays shared in the tree. */
const treeOfValue = (value: unknown): Tree => {
  const done = new Map<object, Converted | 'open'>();
  const convert = (part: unknown, level: number): Converted => {
    const known = typeof part === 'object' && part !== null ? done.get(part) : undefined;
    if (known === 'open' || level + (known?.depth ?? 1) - 1 > MAX_DEPTH) {
      throw problem(0, `the document is cyclic, or nested deeper than ${MAX_DEPTH} levels`);
    }
    if (known !== undefined) return known;
    if (Array.isArray(part)) return collection(part, { kind: 'list', origin: unknownOrigin, items: [] }, level);
    if (isPlainObject(part)) return collection(part, emptyMap(unknownOrigin), level);
    const scalar = scalarOf(part);
    return {
      tree: { kind: 'scalar', origin: unknownOrigin, value: scalar },
      size: 1,
      bytes: textSize(scalar),
      depth: 1,
    };
  };
  const collection = (part: object, tree: MapTree | ListTree, level: number): Converted => {
    done.set(part, 'open');
    const whole: Converted = { tree, size: 1, bytes: 0, depth: 1 };
    // Array.from also visits the holes of a sparse array. `undefined` is how JavaScript leaves a key out.
    const inside = Array.isArray(part) ? Array.from(part, (item) => ['', item] as const) : Object.entries(part);
    for (const [key, item] of inside) {
      if (tree.kind === 'map' && item === undefined) continue;
      const converted = convert(item, level + 1);
      if (tree.kind === 'list') tree.items.push(converted.tree);
      else tree.entries.set(key, { key: unknownOrigin, value: converted.tree });
      whole.bytes += key.length;
      addSize(whole, converted, 0);
      whole.depth = Math.max(whole.depth, converted.depth + 1);
    }
    done.set(part, whole);
    return whole;
  };
  return convert(value, 1).tree;
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
