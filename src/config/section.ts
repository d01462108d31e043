/** What a section of the configuration says of itself: `src/config/sections/index.ts` has a line for each. */
import type { z } from 'zod';
import type { Environment } from '../model/load-options.js';
import type { DocumentValue } from '../schema/document-value.js';
import { type ModelOf, type ResolvePath, toDocument, toModel } from '../schema/mapping.js';
import type { Report, Subject } from '../schema/report.js';
import type { CheckDocument } from './sections/checks/schema.js';

/** What a section's model depends on besides its own document. */
export type Surroundings = {
  readonly environment: Environment;
  readonly resolve: ResolvePath;
  readonly namedChecks: Readonly<Record<string, CheckDocument>>;
};

export type Section = {
  /** Of the section's value, with its default. */
  readonly schema: z.ZodType;
  /** Null: the section is part of another one's model. */
  readonly model: {
    /** From a document that has passed the rules. */
    readonly build: (document: never, around: Surroundings) => unknown;
    /** As people write it, with every default. */
    readonly write: (model: never) => DocumentValue;
  } | null;
  /** What one value alone does not show. */
  readonly rules?: Rules<never>;
};

/** `Document` is what they look at. */
type Rules<Document> = (subject: Subject<Document>, report: Report) => void;

/** A section whose schema tells all of it. */
export const plainSection = <Schema extends z.ZodType, Document = unknown>(schema: Schema, rules?: Rules<Document>) =>
  filledSection(schema, (document) => document, rules);

/** One with defaults that depend on other options, or on the machine. */
export const filledSection = <Schema extends z.ZodType, const Filled, Document = unknown>(
  schema: Schema,
  fill: (document: z.output<Schema>, environment: Environment) => Filled,
  rules?: Rules<Document>,
) => ({
  schema,
  model: {
    build: (document: z.output<Schema>, { environment, resolve }: Surroundings) =>
      toModel(schema, fill(document, environment), resolve),
    write: (model: ModelOf<Filled>) => (model === null ? null : toDocument(schema, model as object)),
  },
  ...(rules === undefined ? {} : { rules }),
});
