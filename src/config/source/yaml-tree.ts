import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { MAX_DEPTH, MAX_ISSUES, MAX_VALUES } from '../limits.js';
import { DocumentProblems, type Problem } from './problem.js';
import type { MapTree, Origin, Tree } from './tree.js';

/** A converted node, with the number of values and of levels that it has once its aliases are followed. */
type Converted = { readonly tree: Tree; readonly size: number; readonly depth: number };

/**
 * Turns YAML nodes into a tree. An alias shares its anchor's tree, so that a "billion laughs" document costs what its text
 * costs; it is refused for what it would be if it were written out.
 * @throws DocumentProblems all the problems there are, such as duplicate keys and cyclic aliases
 */
export const treeOfYaml = (node: Node): Tree => {
  const problems: Problem[] = [];
  const { tree, size, depth } = convert(node, { problems, anchors: new Map() });
  if (size > MAX_VALUES) problems.push({ offset: 0, message: `more than ${MAX_VALUES} values, aliases followed` });
  if (depth > MAX_DEPTH)
    problems.push({ offset: 0, message: `nested deeper than ${MAX_DEPTH} levels, aliases followed` });
  if (problems.length > 0) throw new DocumentProblems(problems);
  return tree;
};

type Context = {
  readonly problems: Problem[];
  /** `open` while the anchor's own contents are being converted: an alias to it is a cycle. */
  readonly anchors: Map<string, Converted | 'open'>;
};

const convert = (node: Node | null, context: Context): Converted => {
  if (isAlias(node)) return follow(node, context);
  const anchor = node?.anchor;
  if (anchor !== undefined) context.anchors.set(anchor, 'open');
  const converted = convertPlain(node, context);
  if (anchor !== undefined) context.anchors.set(anchor, converted);
  return converted;
};

const convertPlain = (node: Node | null, context: Context): Converted => {
  if (isMap<Node, Node | null>(node)) return convertMap(node, context);
  if (isSeq<Node>(node)) {
    const items = node.items.map((item) => convert(item, context));
    return gathered({ kind: 'list', origin: originOf(node), items: items.map(({ tree }) => tree) }, items);
  }
  return leaf(node, isScalar(node) ? node.value : null);
};

const convertMap = (node: YAMLMap<Node, Node | null>, context: Context): Converted => {
  const entries: MapTree['entries'] = new Map();
  const values: Converted[] = [];
  for (const pair of node.items) {
    const name = isScalar(pair.key) ? String(pair.key.value ?? '') : '';
    const key = originOf(pair.key);
    if (entries.has(name)) report(context, key, `the key '${name}' is given twice`);
    // A key without a value has no node; it stands where its key stands.
    const value = pair.value === null ? { ...leaf(pair.key, null) } : convert(pair.value, context);
    values.push(value);
    entries.set(name, { key, value: value.tree });
  }
  return gathered({ kind: 'map', origin: originOf(node), entries }, values);
};

const follow = (alias: Alias, context: Context): Converted => {
  const target = context.anchors.get(alias.source);
  if (target !== undefined && target !== 'open') return target;
  report(
    context,
    originOf(alias),
    target === 'open'
      ? `the alias *${alias.source} is inside what it stands for`
      : `the alias *${alias.source} has no anchor &${alias.source} before it`,
  );
  return leaf(alias, null);
};

const leaf = (node: Node | null, value: unknown): Converted => ({
  tree: { kind: 'scalar', origin: originOf(node), value },
  size: 1,
  depth: 1,
});

const gathered = (tree: Tree, parts: readonly Converted[]): Converted => ({
  tree,
  // Sums of sums of ... reach Infinity at worst, which compares as it should.
  size: parts.reduce((sum, part) => sum + part.size, 1),
  depth: parts.reduce((most, part) => Math.max(most, part.depth + 1), 1),
});

const originOf = (node: Node | null): Origin => ({ kind: 'offset', offset: node?.range?.[0] ?? 0 });

const report = (context: Context, origin: Origin, message: string): void => {
  context.problems.push({ offset: origin.kind === 'offset' ? origin.offset : 0, message });
  if (context.problems.length >= MAX_ISSUES) throw new DocumentProblems(context.problems);
};
