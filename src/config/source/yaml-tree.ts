import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { MAX_DEPTH, MAX_ISSUES } from '../limits.js';
import { DocumentProblems, type Problem, problem } from './problem.js';
import { addSize, textSize } from './size.js';
import { emptyMap, type ListTree, type MapTree, type ScalarTree, type Tree } from './tree.js';

/** A node's tree, with what it has once its aliases are followed: values, bytes of text, levels. */
type Converted<T extends Tree = Tree> = { readonly tree: T; size: number; bytes: number; depth: number };

/**
 * Turns YAML nodes into a tree, a part of the document at a time. An alias shares its anchor's tree, so that a "billion laughs"
 * document costs what its text costs; it is refused for what it would be if it were written out.
 */
export class YamlTree {
  /** Such as duplicate keys and cyclic aliases. */
  readonly problems: Problem[] = [];
  /** `open` while the anchor's own contents are being converted: an alias to it is a cycle. */
  readonly #anchors = new Map<string, Converted | 'open'>();
  /** Collections whose first parts are here and whose last are still to come, by where they go on. */
  readonly #begun = new Map<number, Converted<MapTree> | Converted<ListTree>>();

  /**
   * Takes the first, or the next, items of a collection that goes on at an offset.
   * @throws DocumentProblems where it is too large, deep or wrong
   */
  takePart(node: Node, goesOnAt: number): void {
    const part = isMap<Node, Node | null>(node)
      ? this.#convertMap(node)
      : isSeq<Node>(node)
        ? this.#convertList(node)
        : null;
    if (part !== null) this.#begun.set(goesOnAt, part);
  }

  /** Takes what is left, which holds all the rest. @throws DocumentProblems */
  finish(node: Node): Tree {
    const { tree } = this.#convert(node);
    if (this.problems.length > 0) throw new DocumentProblems(this.problems);
    return tree;
  }

  #convert(node: Node | null): Converted {
    if (isAlias(node)) return this.#follow(node);
    const anchor = node?.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, 'open');
    const converted = this.#convertPlain(node);
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  #convertPlain(node: Node | null): Converted {
    if (isMap<Node, Node | null>(node)) return this.#convertMap(node);
    if (isSeq<Node>(node)) return this.#convertList(node);
    return leaf(node, isScalar(node) ? node.value : null);
  }

  #convertList(node: YAMLSeq<Node>): Converted<ListTree> {
    const begun = this.#takeBegun(node);
    const list: Converted<ListTree> =
      begun !== null && isListPart(begun) ? begun : fresh({ kind: 'list', origin: originOf(node), items: [] });
    for (const item of node.items) {
      const part = this.#convert(item);
      list.tree.items.push(part.tree);
      gather(list, part, originOf(item));
    }
    return list;
  }

  #convertMap(node: YAMLMap<Node, Node | null>): Converted<MapTree> {
    const begun = this.#takeBegun(node);
    const map: Converted<MapTree> = begun !== null && isMapPart(begun) ? begun : fresh(emptyMap(originOf(node)));
    const { entries } = map.tree;
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value ?? '') : '';
      const key = originOf(pair.key);
      if (entries.has(name)) this.#report(key, `the key '${shortened(name)}' is given twice`);
      // A key without a value has no node; it stands where its key stands.
      const value = pair.value === null ? leaf(pair.key, null) : this.#convert(pair.value);
      entries.set(name, { key, value: value.tree });
      map.bytes += name.length;
      gather(map, value, key);
    }
    return map;
  }

  #takeBegun(node: Node): Converted<MapTree> | Converted<ListTree> | null {
    const offset = originOf(node);
    const begun = this.#begun.get(offset) ?? null;
    this.#begun.delete(offset);
    return begun;
  }

  #follow(alias: Alias): Converted {
    const target = this.#anchors.get(alias.source);
    if (target !== undefined && target !== 'open') return target;
    this.#report(
      originOf(alias),
      target === 'open'
        ? `the alias *${alias.source} is inside what it stands for`
        : `the alias *${alias.source} has no anchor &${alias.source} before it`,
    );
    return leaf(alias, null);
  }

  #report(offset: number, message: string): void {
    this.problems.push({ offset, message });
    if (this.problems.length >= MAX_ISSUES) throw new DocumentProblems(this.problems);
  }
}

const fresh = <T extends Tree>(tree: T): Converted<T> => ({ tree, size: 1, bytes: 0, depth: 1 });
const isMapPart = (part: Converted): part is Converted<MapTree> => part.tree.kind === 'map';
const isListPart = (part: Converted): part is Converted<ListTree> => part.tree.kind === 'list';

const leaf = (node: Node | null, value: unknown): Converted<ScalarTree> => ({
  tree: { kind: 'scalar', origin: originOf(node), value },
  size: 1,
  bytes: textSize(value),
  depth: 1,
});

/** @throws DocumentProblems at the collection that is too much with this part */
const gather = (into: Converted, part: Converted, offset: number): void => {
  addSize(into, part, offset);
  into.depth = Math.max(into.depth, part.depth + 1);
  if (into.depth > MAX_DEPTH) throw problem(offset, `nested deeper than ${MAX_DEPTH} levels, aliases followed`);
};

/** A key may be megabytes long. */
const shortened = (name: string): string => (name.length > 100 ? `${name.slice(0, 100)}...` : name);

const originOf = (node: Node | null): number => node?.range?.[0] ?? 0;
