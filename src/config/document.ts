/** The whole document, as people write it (snake_case), and the model: both are what the sections say of themselves. */
import { z } from 'zod';
import type { Config } from '../model/config.js';
import type { DeepReadonly } from '../model/deep-readonly.js';
import type { Environment } from '../model/load-options.js';
import { type DocumentMap, type DocumentValue, Secret } from '../schema/document-value.js';
import { type CamelCase, camelCase, type ResolvePath } from '../schema/mapping.js';
import { map } from '../schema/maps.js';
import { type Finding, Report, type Subject } from '../schema/report.js';
import type { Draft } from '../schema/walk.js';
import { secretsIn } from '../wire/secrets/secret-fields.js';
import { listenerRules } from './listeners.js';
import { markSecrets } from './redact.js';
import type { Section } from './section.js';
import { sections } from './sections/index.js';

type Sections = typeof sections;
type Shape = { readonly [Key in keyof Sections]: Sections[Key]['schema'] };

const all: readonly (readonly [string, Section])[] = Object.entries(sections);

export const documentSchema = map(Object.fromEntries(all.map(([key, { schema }]) => [key, schema])) as Shape);

/** What a host may hand over, and what a file says once it is parsed. */
export type ConfigDocument = DeepReadonly<z.input<typeof documentSchema>>;

/** The same with every default, checked and in the program's units. */
export type ParsedDocument = z.output<typeof documentSchema>;

/** JSON Schema (2020-12) of the document as people write it; editors complete and check with it. */
export const configJsonSchema = (): Record<string, unknown> => {
  const schema = z.toJSONSchema(documentSchema, { io: 'input', unrepresentable: 'any' });
  return { title: 'Fulcrum configuration', ...schema };
};

/** Everything that one value alone does not show. */
export const applyRules = (subject: Subject<Draft<ParsedDocument>>): readonly Finding[] => {
  const report = new Report();
  listenerRules(documentSchema, subject, report);
  for (const section of Object.values(sections)) if ('rules' in section) section.rules?.(subject, report);
  return report.findings;
};

type Built = {
  readonly [Key in keyof Sections as Sections[Key]['model'] extends null ? never : CamelCase<Key>]: ReturnType<
    NonNullable<Sections[Key]['model']>['build']
  >;
};

declare module '../model/config.js' {
  interface Config extends Built {}
}

/** The model of a document that has passed the rules. */
export const buildConfig = (document: ParsedDocument, environment: Environment, resolve: ResolvePath): Config => {
  const around = { environment, resolve, namedChecks: document.checks };
  const built = all.flatMap(([key, { model }]) =>
    model === null ? [] : [[camelCase(key), model.build(document[key as keyof Sections] as never, around)]],
  );
  return { ...(Object.fromEntries(built) as Built), secrets: [...secretsIn(document).everywhere] };
};

/** The model as a document again, every default written out, with its secrets marked: for comparing. */
export const documentOf = (config: Config): DocumentMap =>
  markSecrets(
    Object.fromEntries(
      all.flatMap(([key, { model }]) =>
        model === null ? [] : [[key, model.write(Reflect.get(config, camelCase(key)) as never)]],
      ),
    ),
  );

/** What `status` and `/api/v1/config` show: JSON-able; what is secret is replaced by `***`. */
export const effectiveDocument = (config: Config): Record<string, unknown> =>
  Object.fromEntries(Object.entries(documentOf(config)).map(([key, value]) => [key, reveal(value)]));

const reveal = (value: DocumentValue): unknown => {
  if (value instanceof Secret) return value.shown;
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]));
};
