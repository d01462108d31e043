/** Looking into zod schemas: which keys are known where, and which parts of a wrong document are right. */
import { z } from 'zod';

/** The schema of the value that is there: without its default, optional and nullable wrappings. */
export const withoutDefault = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodDefault ||
  schema instanceof z.ZodPrefault ||
  schema instanceof z.ZodOptional ||
  schema instanceof z.ZodNullable
    ? withoutDefault(schema.def.innerType)
    : schema;

/** The schema of what is written: without these wrappings, and before it is transformed. */
export const unwrap = (schema: z.core.$ZodType): z.core.$ZodType => {
  const inner = withoutDefault(schema);
  return inner instanceof z.ZodPipe ? unwrap(inner.def.in) : inner;
};

/** The schemas of a map's keys; null for anything but a map with fixed keys. */
export const fieldsOf = (schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | null => {
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? inner.shape : null;
};

/** The alternatives of a union; the schema itself where it is none. */
export const optionsOf = (schema: z.core.$ZodType): readonly z.core.$ZodType[] => {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodUnion)) return [inner];
  return inner.options.flatMap((option) => optionsOf(option));
};

/** The alternative that a value most likely means: that of its `type`, else that with the most of its keys. */
export const optionFor = (schema: z.core.$ZodType, value: unknown): z.core.$ZodType => {
  const options = optionsOf(schema);
  const [first = schema] = options;
  if (options.length === 1 || !isMap(value)) return first;
  const maps = options.filter((option) => fieldsOf(option) !== null);
  const type = value['type'];
  const byType = maps.find((option) => literalOf(fieldsOf(option)?.['type']) === type && type !== undefined);
  if (byType !== undefined) return byType;
  const score = (option: z.core.$ZodType): number => Object.keys(value).filter((key) => fieldsOf(option)?.[key]).length;
  return maps.reduce((best, option) => (score(option) > score(best) ? option : best), maps[0] ?? first);
};

const literalOf = (schema: z.core.$ZodType | undefined): unknown =>
  schema instanceof z.ZodLiteral ? [...schema.values][0] : undefined;

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema of the value at a path; null where there is none. */
export const schemaAt = (
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly PropertyKey[],
): z.core.$ZodType | null => {
  const [step, ...rest] = path;
  const option = optionFor(schema, value);
  if (step === undefined) return option;
  const inside: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  const next = childSchema(option, step);
  return next === null ? null : schemaAt(next, inside, rest);
};

const childSchema = (schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType | null => {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return fieldsOf(inner)?.[String(step)] ?? null;
  if (inner instanceof z.ZodArray) return inner.element;
  return inner instanceof z.ZodRecord ? inner.valueType : null;
};

/** What can be known of a value that is wrong somewhere: each part may be missing. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : T extends Uint8Array | string | number | boolean | null
    ? T
    : T extends object
      ? { readonly [Key in keyof T]?: Draft<T[Key]> | undefined }
      : T;

/** The parts of a value that the schema accepts, with defaults; what it refuses is left undefined. */
export const parsePartial = <Schema extends z.core.$ZodType>(schema: Schema, value: unknown): Draft<z.output<Schema>> =>
  // Each part comes from the schema of its place, which the type system cannot follow through this walk.
  salvagePart(schema, value) as Draft<z.output<Schema>>;

const salvagePart = (schema: z.core.$ZodType, value: unknown): unknown => {
  if (withoutDefault(schema) instanceof z.ZodPipe) {
    // Its parts alone would be as they are written, and not as the whole is transformed.
    const whole = z.safeParse(schema, value);
    if (whole.success) return whole.data;
  }
  const option = optionFor(schema, value);
  const inner = unwrap(option);
  const fields = fieldsOf(inner);
  if (fields !== null && isMap(value)) {
    return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, salvagePart(field, value[key])]));
  }
  if (inner instanceof z.ZodArray && Array.isArray(value)) return value.map((item) => salvagePart(inner.element, item));
  if (inner instanceof z.ZodRecord && isMap(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, salvagePart(inner.valueType, item)]));
  }
  const result = z.safeParse(schema, value);
  return result.success ? result.data : undefined;
};
