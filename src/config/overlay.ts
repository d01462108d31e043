/**
 * Options from flags and from the environment. One rule, driven by the schema: the option `section.some_key` is the
 * variable `FULCRUM_SECTION_SOME_KEY` and the flag `--set section.some_key=VALUE`. It covers every option that is a plain
 * value or a list of such (separated by commas) right inside a section.
 */
import { z } from 'zod';
import { type ConfigIssue, unplacedIssue } from '../model/errors.js';
import { fieldsOf, optionsOf, unwrap } from '../schema/walk.js';
import { nearest } from '../wire/text/nearest.js';
import { documentSchema } from './document.js';
import { emptyMap, type MapTree, type Origin, type Tree } from './source/tree.js';

const PREFIX = 'FULCRUM_';

export type PlainOption = { readonly section: string; readonly key: string; readonly schema: z.core.$ZodType };

/** Every option that a flag or a variable can give, in the order of the schema. */
export const plainOptions = (): readonly PlainOption[] =>
  Object.entries(documentSchema.shape).flatMap(([section, sectionSchema]) =>
    Object.entries(fieldsOf(sectionSchema) ?? {}).flatMap(([key, schema]) =>
      isPlain(schema) ? [{ section, key, schema }] : [],
    ),
  );

const isPlain = (schema: z.core.$ZodType): boolean =>
  optionsOf(schema).every((option) => {
    const inner = unwrap(option);
    if (inner instanceof z.ZodArray) return isPlain(inner.element);
    return !(inner instanceof z.ZodObject || inner instanceof z.ZodRecord);
  });

export const variableOf = ({ section, key }: PlainOption): string => `${PREFIX}${section}_${key}`.toUpperCase();
export const pathOf = ({ section, key }: PlainOption): string => `${section}.${key}`;

export type Overlay = {
  /** Options by their dotted paths, such as `log.level`. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** Lays flags over the document and the environment under it. @returns what is wrong with their names */
export const applyOverlay = (
  tree: Tree,
  { flags, env }: Overlay,
): { errors: ConfigIssue[]; warnings: ConfigIssue[] } => {
  const options = plainOptions();
  const root = tree.kind === 'map' ? tree : null;
  for (const option of root === null ? [] : options) {
    const flag = flags[pathOf(option)];
    const variable = env[variableOf(option)];
    if (flag !== undefined) put(root, option, flag, `flag ${pathOf(option)}`, true);
    // An empty variable is an unset one, as with most programs.
    else if (variable) put(root, option, variable, `environment variable ${variableOf(option)}`, false);
  }
  const known = options.map(pathOf);
  const wrongFlags = Object.keys(flags).filter((name) => flags[name] !== undefined && !known.includes(name));
  return {
    errors: wrongFlags.map((name) =>
      unplacedIssue({
        file: `flag ${name}`,
        message: `no option of this name can be set: the nearest one is '${nearest(name, known)}'`,
      }),
    ),
    warnings: unknownVariables(env, options),
  };
};

/** A variable that begins like one of a section, but is none, is most likely misspelt. */
const unknownVariables = (env: Overlay['env'], options: readonly PlainOption[]): ConfigIssue[] => {
  const known = options.map(variableOf);
  const sections = [...new Set(options.map(({ section }) => `${PREFIX}${section}_`.toUpperCase()))];
  return Object.keys(env)
    .filter((name) => env[name] && !known.includes(name) && sections.some((start) => name.startsWith(start)))
    .map((name) =>
      unplacedIssue({
        file: `environment variable ${name}`,
        message: `unknown, so without effect: the nearest is ${nearest(name, known)}`,
      }),
    );
};

const put = (root: MapTree | null, option: PlainOption, text: string, name: string, overrides: boolean): void => {
  if (root === null) return;
  const origin: Origin = { kind: 'named', name };
  const section = root.entries.get(option.section)?.value;
  // What the file says of the whole section stays, except that a flag brings a null one back.
  const isNull = section?.kind === 'scalar' && section.value === null;
  if (section !== undefined && section.kind !== 'map' && !(overrides && isNull)) return;
  // A copy, for YAML aliases share their maps.
  const target: MapTree =
    section?.kind === 'map' ? { ...section, entries: new Map(section.entries) } : emptyMap(origin);
  root.entries.set(option.section, { key: root.entries.get(option.section)?.key ?? origin, value: target });
  if (overrides || !target.entries.has(option.key)) {
    target.entries.set(option.key, { key: origin, value: readPlain(option.schema, text, origin) });
  }
};

/** Text as the kind of value that the schema takes; what does not fit stays text, for the schema to refuse. */
export const readPlain = (schema: z.core.$ZodType, text: string, origin: Origin): Tree => {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) {
    const parts = text.split(',').map((part) => part.trim());
    const items = parts.filter((part) => part !== '').map((part) => readPlain(inner.element, part, origin));
    return { kind: 'list', origin, items };
  }
  return { kind: 'scalar', origin, value: scalar(schema, inner, text) };
};

const scalar = (schema: z.core.$ZodType, inner: z.core.$ZodType, text: string): unknown => {
  if (text === 'null' && z.safeParse(schema, null).success) return null;
  if (inner instanceof z.ZodNumber && /^-?[0-9]+(?:\.[0-9]+)?$/.test(text)) return Number(text);
  if (inner instanceof z.ZodBoolean && (text === 'true' || text === 'false')) return text === 'true';
  return text;
};
