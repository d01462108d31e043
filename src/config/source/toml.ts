import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { MAX_DEPTH } from '../limits.js';
import { DocumentProblems, problem } from './problem.js';
import { scanToml } from './toml-scan.js';
import { depthOf, emptyMap, type ListTree, type MapTree, type Origin, type Tree } from './tree.js';

/**
 * Reads a TOML 1.0 document.
 * @throws DocumentProblems the first problem: the parser stops there
 */
export const readToml = (text: string): Tree => {
  const costly = scanToml(text);
  if (costly !== null) throw new DocumentProblems([costly]);
  const root = emptyMap(0);
  for (const node of parse(text).body[0].body) {
    if (node.type === 'TOMLKeyValue') addKeyValue(root, node);
    else addTable(root, node);
  }
  if (depthOf(root) > MAX_DEPTH) throw problem(0, tooDeep);
  return root;
};

const tooDeep = `nested deeper than ${MAX_DEPTH} levels`;

const parse = (text: string): AST.TOMLProgram => {
  try {
    return parseTOML(text, { tomlVersion: '1.0' });
  } catch (error) {
    if (error instanceof ParseError) throw problem(error.index, `no valid TOML: ${error.message}`);
    // A long key or number is spread into arguments too, and overflows the stack.
    if (error instanceof RangeError) throw problem(0, `a part of the text is too long to be parsed: ${error.message}`);
    throw error;
  }
};

/** A table stands at the end of `resolvedKey`, where numbers index arrays of tables. */
const addTable = (root: MapTree, table: AST.TOMLTable): void => {
  if (table.resolvedKey.length > MAX_DEPTH) throw problem(table.range[0], tooDeep);
  const origin = originOf(table);
  let at: MapTree | ListTree = root;
  table.resolvedKey.forEach((step, index) => {
    const isList = typeof table.resolvedKey[index + 1] === 'number';
    at = descend(at, step, origin, isList);
  });
  for (const pair of table.body) if (at.kind === 'map') addKeyValue(at, pair);
};

const descend = (
  at: MapTree | ListTree,
  step: string | number,
  origin: Origin,
  isList: boolean,
): MapTree | ListTree => {
  const known = at.kind === 'map' ? at.entries.get(String(step))?.value : at.items[Number(step)];
  if (known !== undefined && known.kind !== 'scalar') return known;
  const made: MapTree | ListTree = isList ? { kind: 'list', origin, items: [] } : emptyMap(origin);
  if (at.kind === 'map') at.entries.set(String(step), { key: origin, value: made });
  else at.items.push(made);
  return made;
};

const addKeyValue = (root: MapTree, pair: AST.TOMLKeyValue): void => {
  const { keys } = pair.key;
  if (keys.length > MAX_DEPTH) throw problem(pair.range[0], tooDeep);
  let at = root;
  for (const key of keys.slice(0, -1)) {
    const next = descend(at, nameOf(key), originOf(key), false);
    if (next.kind === 'map') at = next;
  }
  const last = keys.at(-1);
  if (last !== undefined) at.entries.set(nameOf(last), { key: originOf(last), value: convert(pair.value) });
};

const nameOf = (key: AST.TOMLBare | AST.TOMLQuoted): string => (key.type === 'TOMLBare' ? key.name : key.value);

const convert = (node: AST.TOMLContentNode): Tree => {
  const origin = originOf(node);
  switch (node.type) {
    case 'TOMLArray':
      return { kind: 'list', origin, items: node.elements.map(convert) };
    case 'TOMLInlineTable': {
      const map = emptyMap(origin);
      for (const pair of node.body) addKeyValue(map, pair);
      return map;
    }
    case 'TOMLValue':
      // A symbol is what no schema takes; a Date would pass for a map.
      return { kind: 'scalar', origin, value: node.value instanceof Date ? Symbol('a date') : node.value };
    default:
      return node satisfies never;
  }
};

const originOf = (node: { readonly range: readonly [number, number] }): Origin => node.range[0];
