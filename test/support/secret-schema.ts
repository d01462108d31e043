/** What the schema lets people write as free text: every place where a secret could stand. */
import { z } from 'zod';
import { documentSchema } from '../../src/config/document.js';
import { fieldsOf, optionsOf, unwrap } from '../../src/schema/walk.js';

/** `owner`: the type of check or component, or the section. */
export type TextField = { readonly owner: string; readonly key: string };

export const textFields = (): readonly TextField[] => {
  const found = new Map<string, TextField>();
  walk(documentSchema, 'document', '', (field) => found.set(`${field.owner}.${field.key}`, field));
  return [...found.values()];
};

function walk(schema: z.core.$ZodType, owner: string, key: string, take: (field: TextField) => void): void {
  for (const option of optionsOf(schema)) {
    const inner = unwrap(option);
    const fields = fieldsOf(inner);
    if (fields !== null) {
      const type = fields['type'];
      const name = type instanceof z.ZodLiteral ? String([...type.values][0]) : key;
      for (const [each, field] of Object.entries(fields)) walk(field, name === '' ? 'document' : name, each, take);
    } else if (inner instanceof z.ZodArray) {
      walk(inner.element, owner, key, take);
    } else if (inner instanceof z.ZodRecord) {
      walk(inner.valueType, owner, key, take);
    } else if (inner instanceof z.ZodString) {
      take({ owner, key });
    }
  }
}
