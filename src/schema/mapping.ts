/**
 * A value between the document and the model, both ways, by its schema alone: `connect_timeout: 1s` is `connectTimeoutNs: 1e9`.
 * An option has one line, its schema; the compiler knows the model's type by the same rule.
 */
import { z } from 'zod';
import type { Nanoseconds } from '../model/units.js';
import type { DocumentMap, DocumentValue } from './document-value.js';
import { isMap, optionFor, optionsOf, withoutDefault } from './walk.js';

/** What a schema does not tell of its value. */
export type Spelling<Value> = {
  /** Ends the option's name in the model. */
  readonly unit?: 'Ns';
  /** `file`, `socket`: a path, which starts at the configuration's folder. `socket`, `listener`: only one can have it. */
  readonly place?: 'file' | 'socket' | 'listener';
  /** The model's value as people write it; default: as it is. */
  readonly write?: (value: Value) => DocumentValue;
};

const spellings = new WeakMap<z.core.$ZodType, Spelling<never>>();

export const spelled = <Schema extends z.ZodType>(schema: Schema, spelling: Spelling<z.output<Schema>>): Schema => {
  spellings.set(schema, spelling);
  return schema;
};

export const spellingOf = (schema: z.core.$ZodType): Spelling<never> => {
  // A description makes a copy of its schema.
  for (let each: z.core.$ZodType | undefined = withoutDefault(schema); each !== undefined; each = each._zod.parent) {
    const spelling = spellings.get(each);
    if (spelling !== undefined) return spelling;
  }
  return {};
};

export type CamelCase<Key> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Key;
type ModelKey<Key, Value> = Key extends string
  ? [NonNullable<Value>] extends [Nanoseconds]
    ? `${CamelCase<Key>}Ns`
    : CamelCase<Key>
  : Key;
/** The model's type of a document's. */
export type ModelOf<Value> = Value extends string | number | boolean | Uint8Array | null | undefined
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly ModelOf<Item>[]
    : { readonly [Key in keyof Value as ModelKey<Key, Value[Key]>]: ModelOf<Value[Key]> };

export const camelCase = <Key extends string>(key: Key) =>
  key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) as CamelCase<Key>;

export type ResolvePath = (path: string) => string;

/** A checked value in the model's names. What the schema does not have is kept: it was added to the model. */
export const toModel = <const Value>(schema: z.core.$ZodType, value: Value, resolve: ResolvePath): ModelOf<Value> =>
  mappingOf(schema).toModel(value, resolve) as ModelOf<Value>;

/** The model's value as people write it, with every option of the schema. */
export const toDocument = (schema: z.core.$ZodType, model: object): DocumentMap =>
  mappingOf(schema).toDocument(model) as DocumentMap;

type Mapping = {
  readonly toModel: (value: unknown, resolve: ResolvePath) => unknown;
  readonly toDocument: (model: unknown) => DocumentValue;
};

/** Made once a schema: 100,000 backends are mapped by it. */
const mappings = new WeakMap<z.core.$ZodType, Mapping>();
const mappingOf = (schema: z.core.$ZodType): Mapping => {
  const known = mappings.get(schema) ?? unlessMissing(mappingOfValue(withoutDefault(schema)));
  mappings.set(schema, known);
  return known;
};

const unlessMissing = ({ toModel, toDocument }: Mapping): Mapping => ({
  toModel: (value, resolve) => (value === null || value === undefined ? value : toModel(value, resolve)),
  toDocument: (model) => (model === null || model === undefined ? null : toDocument(model)),
});

const mappingOfValue = (schema: z.core.$ZodType): Mapping => {
  if (schema instanceof z.ZodObject) return mapMapping(schema.shape);
  if (schema instanceof z.ZodArray) return listMapping(mappingOf(schema.element));
  if (schema instanceof z.ZodRecord) return recordMapping(mappingOf(schema.valueType));
  return schema instanceof z.ZodUnion ? unionMapping(schema) : leafMapping(spellingOf(schema));
};

// Whatever stands here has passed the schema, or was made by its mapping.
const leafMapping = ({ place, write }: Spelling<never>): Mapping => ({
  toModel: (value, resolve) => (place === 'file' || place === 'socket' ? resolve(value as string) : value),
  toDocument: (model) => (write === undefined ? (model as DocumentValue) : write(model as never)),
});

const listMapping = (item: Mapping): Mapping => ({
  toModel: (value, resolve) => (value as readonly unknown[]).map((each) => item.toModel(each, resolve)),
  toDocument: (model) => (model as readonly unknown[]).map(item.toDocument),
});

/** Its keys are names that people chose. */
const recordMapping = (item: Mapping): Mapping => ({
  toModel: (value, resolve) => eachValue(value, (each) => item.toModel(each, resolve)),
  toDocument: (model) => eachValue(model, item.toDocument),
});

const eachValue = <Result>(record: unknown, map: (value: unknown) => Result): Readonly<Record<string, Result>> =>
  Object.fromEntries(Object.entries(record as object).map(([name, value]) => [name, map(value)]));

const mapMapping = (shape: Readonly<Record<string, z.core.$ZodType>>): Mapping => {
  const fields = Object.entries(shape).map(([key, schema]) => {
    const name = `${camelCase(key)}${spellingOf(schema).unit ?? ''}`;
    return { key, name, mapping: mappingOf(schema) };
  });
  const byKey = new Map(fields.map((field) => [field.key, field]));
  return {
    toModel: (value, resolve) =>
      Object.fromEntries(
        Object.entries(value as object).map(([key, inner]: [string, unknown]) => {
          const field = byKey.get(key);
          return field === undefined ? [key, inner] : [field.name, field.mapping.toModel(inner, resolve)];
        }),
      ),
    toDocument: (model) => {
      const document: Record<string, DocumentValue> = {};
      for (const { key, name, mapping } of fields) {
        const inner: unknown = Reflect.get(model as object, name);
        if (inner !== undefined) document[key] = mapping.toDocument(inner);
      }
      return document;
    },
  };
};

/** Maps are told apart by their `type`, else by their keys; both are spelled alike in the model. */
const unionMapping = (schema: z.ZodUnion): Mapping => {
  const types = new Map(
    optionsOf(schema).flatMap((option) => {
      const type = option instanceof z.ZodObject ? option.shape['type'] : undefined;
      return type instanceof z.ZodLiteral ? [[type.value, option] as const] : [];
    }),
  );
  const mappingFor = (value: unknown): Mapping =>
    mappingOf((isMap(value) ? types.get(value['type'] as string) : undefined) ?? optionFor(schema, value));
  return {
    toModel: (value, resolve) => mappingFor(value).toModel(value, resolve),
    toDocument: (model) => mappingFor(model).toDocument(model),
  };
};
