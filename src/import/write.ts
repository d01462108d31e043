/** The document as YAML, with comments that name the lines of the source. */
import { Document, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Imported } from './document.js';
import type { Trace } from './trace.js';

export function yamlOf({ document, trace }: Pick<Imported, 'document' | 'trace'>, header: readonly string[]): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  annotate(yaml.contents, document, trace);
  yaml.commentBefore = header.map((line) => ` ${line}`).join('\n');
  return yaml.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function annotate(node: unknown, value: unknown, trace: Trace): void {
  if (typeof value !== 'object' || value === null) return;
  if (isMap(node)) {
    for (const { key, value: inner } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      comment(key, inner, trace.commentOf(value, name));
      annotate(inner, Reflect.get(value, name), trace);
    }
  } else if (isSeq(node) && Array.isArray(value)) {
    node.items.forEach((item, index) => {
      comment(item, item, trace.commentOf(value, index));
      annotate(item, value[index], trace);
    });
    node.flow = node.items.every((item) => isScalar(item) && item.comment === undefined);
  }
}

/** Behind a value of one line, and above what opens a block. */
function comment(above: unknown, behind: unknown, text: string | null): void {
  if (text === null) return;
  // A line break would end it.
  const line = ` ${text.replace(/\p{Cc}/gu, ' ')}`;
  if (isScalar(behind)) behind.comment = line;
  else if (isNode(above)) above.commentBefore = line;
}
