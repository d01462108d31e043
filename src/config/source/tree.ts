/**
 * A document as a tree that knows where each part was written. YAML, TOML and JavaScript values all become one, so that
 * everything after it is the same for all of them.
 */

/** Where a node comes from: an offset in the text, the name of another source (a variable, a flag), or nowhere known. */
export type Origin =
  // There is one for each key and each value of a document.
  number | { readonly kind: 'named'; readonly name: string } | { readonly kind: 'unknown' };

export type Tree = MapTree | ListTree | ScalarTree;
export type MapTree = {
  readonly kind: 'map';
  readonly origin: Origin;
  readonly entries: Map<string, { readonly key: Origin; readonly value: Tree }>;
};
export type ListTree = { readonly kind: 'list'; readonly origin: Origin; readonly items: Tree[] };
/** `value` is whatever the parser made of it; the schema decides whether it will do. */
export type ScalarTree = { readonly kind: 'scalar'; readonly origin: Origin; readonly value: unknown };

export type Path = readonly (string | number)[];

export const unknownOrigin: Origin = { kind: 'unknown' };
export const emptyMap = (origin: Origin): MapTree => ({ kind: 'map', origin, entries: new Map() });

/**
 * The plain value of a tree. Maps have no prototype, so that a key like `__proto__` is a key and nothing else. Parts that
 * the document shares by YAML aliases stay shared.
 */
export const plainValue = (tree: Tree): unknown => plain(tree, new Map());

const plain = (tree: Tree, done: Map<Tree, unknown>): unknown => {
  if (tree.kind === 'scalar') return tree.value;
  const known = done.get(tree);
  if (known !== undefined) return known;
  const value = tree.kind === 'list' ? tree.items.map((item) => plain(item, done)) : plainMap(tree, done);
  done.set(tree, value);
  return value;
};

const plainMap = (tree: MapTree, done: Map<Tree, unknown>): object => {
  const value: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of tree.entries) value[key] = plain(entry.value, done);
  return value;
};

/** The number of levels; 1 for a scalar. */
export const depthOf = (tree: Tree): number => {
  const inside =
    tree.kind === 'map' ? [...tree.entries.values()].map(({ value }) => value) : tree.kind === 'list' ? tree.items : [];
  return inside.reduce((most, child) => Math.max(most, depthOf(child) + 1), 1);
};

/** The node at a path; where there is none, the last one on the way, which is where something is missing. */
export const nearestNode = (tree: Tree, path: Path): Tree => {
  let node = tree;
  for (const step of path) {
    const next = child(node, step);
    if (next === undefined) return node;
    node = next;
  }
  return node;
};

const child = (node: Tree, step: string | number): Tree | undefined => {
  if (node.kind === 'map') return node.entries.get(String(step))?.value;
  return node.kind === 'list' ? node.items[Number(step)] : undefined;
};

/** Where the value at a path was written; of a missing one, where its parent was. */
export const originOfValue = (tree: Tree, path: Path): Origin => nearestNode(tree, path).origin;

/** Where the key at the end of a path was written. */
export const originOfKey = (tree: Tree, path: Path): Origin => {
  const parent = nearestNode(tree, path.slice(0, -1));
  const entry = parent.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.key ?? parent.origin;
};
