import { z } from 'zod';
import { documentSchema } from './schema/document.js';

/** JSON Schema (2020-12) of the document as people write it; editors complete and check with it. */
export const configJsonSchema = (): Record<string, unknown> => {
  const schema = z.toJSONSchema(documentSchema, { io: 'input', unrepresentable: 'any' });
  return { title: 'Fulcrum configuration', ...schema };
};
