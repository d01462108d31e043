/** The complete parts of a YAML document that is still being parsed. */
import type { CST } from 'yaml';

type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;
export type Part = {
  /** As a document of its own: the composer checks the part as it would have in its place. */
  readonly document: CST.Document;
  /** Where what is left of the collection begins; the part itself begins where its collection did until now. */
  readonly goesOnAt: number;
};

/** Takes the complete items out of the collections that the parser works on, outermost first, which is their order in the text. */
export function* completeParts(stack: readonly CST.Token[]): Generator<Part> {
  for (const token of stack) {
    if (token.type !== 'block-map' && token.type !== 'block-seq' && token.type !== 'flow-collection') continue;
    if (token.items.length < 2) continue;
    const goesOnAt = nextOffset(token);
    // Something here is not as it should be: the composer will tell when it sees all of it.
    if (goesOnAt === null) return;
    const value = token.type === 'flow-collection' ? flowPart(token) : blockPart(token);
    token.offset = goesOnAt;
    yield { document: { type: 'document', offset: value.offset, start: [], value }, goesOnAt };
  }
}

/** The last item is the one that is being parsed. */
const nextOffset = (token: Collection): number | null => {
  const next = token.items.at(-1);
  if (token.type === 'flow-collection') return next?.start.find(isComma)?.offset ?? null;
  const key = next !== undefined && 'key' in next ? next.key?.offset : undefined;
  return next?.start[0]?.offset ?? key ?? null;
};

const isComma = ({ type }: CST.SourceToken): boolean => type === 'comma';

const blockPart = (token: CST.BlockMap | CST.BlockSequence): CST.BlockMap | CST.BlockSequence =>
  token.type === 'block-map'
    ? { ...token, items: token.items.splice(0, token.items.length - 1) }
    : { ...token, items: token.items.splice(0, token.items.length - 1) };

const flowPart = (token: CST.FlowCollection): CST.FlowCollection => {
  const isMap = token.start.source === '{';
  const items = token.items.splice(0, token.items.length - 1);
  // What is left begins as a collection does: without a comma.
  const start = token.items[0]?.start;
  start?.splice(start.findIndex(isComma), 1);
  const end: CST.SourceToken = {
    type: isMap ? 'flow-map-end' : 'flow-seq-end',
    offset: token.offset,
    indent: token.indent,
    source: isMap ? '}' : ']',
  };
  return { ...token, items: isMap ? items : items.map(listItem), end: [end] };
};

/** The parser does this when a list ends: until then its items look like keys without values. */
const listItem = (item: CST.FlowCollection['items'][number]): CST.FlowCollection['items'][number] => {
  const { start, key, sep, value } = item;
  const isPair =
    value !== undefined ||
    start.some(({ type }) => type === 'explicit-key-ind') ||
    sep?.some(({ type }) => type === 'map-value-ind') === true;
  if (isPair || !key || sep === undefined) return item;
  return { start: [...start, ...sep], value: key };
};
