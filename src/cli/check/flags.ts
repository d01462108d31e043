/** The options of a check as flags of the command line, out of the configuration's schema. */
import { type Command, Option } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import type { BuiltInCheckType } from '../../checks/index.js';
import { readPlain } from '../../config/overlay.js';
import { check } from '../../config/sections/checks/schema.js';
import { plainValue } from '../../config/source/tree.js';
import { fieldsOf, unwrap } from '../../schema/walk.js';

/** They say when and how often to probe: accepted, so that a check can be copied from a configuration, and without effect. */
const scheduling = new Set(['interval', 'retries', 'rise', 'retry_interval', 'jitter', 'backoff']);

type Schema = z.core.$ZodType;

/** The schema of each option of the type, without `type` itself. */
export function optionSchemas(type: BuiltInCheckType): ReadonlyMap<string, Schema> {
  const option = check.options.find(({ shape }) => shape.type.value === type);
  const fields: Readonly<Record<string, Schema>> = option?.shape ?? {};
  return new Map(Object.entries(fields).filter(([key]) => key !== 'type'));
}

/** Those of an embedding app exist only inside it. */
export const checkTypes: readonly BuiltInCheckType[] = check.options
  .map((option) => option.shape.type.value)
  .filter((type) => type !== 'custom');

export const flagOf = (key: string): string => `--${key.replaceAll('_', '-')}`;

const isBoolean = (schema: Schema): boolean => unwrap(schema) instanceof z.ZodBoolean;
const isList = (schema: Schema): boolean => itemOf(schema) !== null;
const itemOf = (schema: Schema): Schema | null => {
  const inner = unwrap(schema);
  return inner instanceof z.ZodArray ? inner.element : null;
};
const isMap = (schema: Schema): boolean => unwrap(schema) instanceof z.ZodRecord;

/** Adds a flag for each option. A list and a map may be given several times. */
export function addFlags(command: Command, schemas: ReadonlyMap<string, Schema>): void {
  for (const [key, schema] of schemas) {
    const { description = '' } = z.globalRegistry.get(schema) ?? {};
    if (isBoolean(schema)) {
      // The help shows the one of the two that changes something.
      const on = z.safeParse(schema, undefined).data === true;
      command.addOption(new Option(flagOf(key), description).hideHelp(on));
      command.addOption(new Option(flagOf(`no_${key}`), `the opposite of: ${description}`).hideHelp(!on));
      continue;
    }
    const many = isList(schema) || isMap(schema);
    const value = isMap(schema) ? "<'name: value'>" : isList(schema) ? '<value,...>' : '<value>';
    const option = new Option(`${flagOf(key)} ${value}`, description).hideHelp(scheduling.has(key));
    if (many) option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
    command.addOption(option);
  }
}

/** `--tls-verify=false` and `--tls-verify false` as commander knows it: `--no-tls-verify`. */
export function normalizeBooleans(argv: readonly string[], schemas: ReadonlyMap<string, Schema>): string[] {
  const flags = new Map([...schemas].filter(([, schema]) => isBoolean(schema)).map(([key]) => [flagOf(key), key]));
  const normal: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const [flag = '', joined] = word.split('=', 2);
    const key = flags.get(flag);
    const value = joined ?? argv[index + 1];
    if (key === undefined || (value !== 'true' && value !== 'false')) {
      normal.push(word);
      continue;
    }
    if (joined === undefined) index += 1;
    normal.push(value === 'true' ? flag : flagOf(`no_${key}`));
  }
  return normal;
}

/** The check's document out of the flags that were given. */
export function documentOf(command: Command, schemas: ReadonlyMap<string, Schema>): Record<string, unknown> {
  const given: Record<string, unknown> = command.opts();
  const document: Record<string, unknown> = {};
  for (const [key, schema] of schemas) {
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (command.getOptionValueSource(name) !== 'cli') continue;
    document[key] = readValue(schema, given[name], flagOf(key));
  }
  return document;
}

function readValue(schema: Schema, given: unknown, flag: string): unknown {
  if (typeof given === 'boolean') return given;
  if (fieldsOf(schema) !== null) return readFields(String(given));
  const texts = Array.isArray(given) ? given.map(String) : [String(given)];
  const item = itemOf(schema);
  if (item !== null && fieldsOf(item) !== null) return texts.map(readFields);
  if (isMap(schema)) return Object.fromEntries(texts.map(readHeader));
  const values = texts.map((text) => plainValue(readPlain(schema, text, { kind: 'named', name: flag })));
  return isList(schema) ? values.flat() : values[0];
}

/** A map with fixed keys, as YAML has it on one line: `{ factor: 3 }`. What is none is left for the schema to refuse. */
function readFields(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

/** `Name: value`. */
function readHeader(text: string): [string, string] {
  const colon = text.indexOf(':');
  return colon === -1 ? [text, ''] : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}
