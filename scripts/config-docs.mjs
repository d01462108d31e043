// Writes the tables of docs/configuration.md from the schema, with the values of examples/full.yaml as examples; with
// --check it only says whether they are up to date.
// Each table stands between `<!-- options NAME -->` and `<!-- end -->`, where NAME is a section or a type of check.
import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { configJsonSchema } from '../dist/src/config/document.js';

const file = new URL('../docs/configuration.md', import.meta.url);
const schema = configJsonSchema();
const check = schema.$defs.check;
const commonKeys = Object.keys(check.oneOf[0].properties).filter((key) =>
  check.oneOf.every(({ properties }) => Object.hasOwn(properties, key)),
);

/** All alternatives of a schema, of those too that are alternatives themselves. */
const leavesOf = (option) => (option.anyOf === undefined ? [option] : option.anyOf.flatMap(leavesOf));

/** The alternative of a nullable or mixed schema that has the most to say. */
const core = (option) => {
  const options = option.anyOf ?? option.oneOf ?? [];
  return options.find(({ type }) => type === 'object') ?? options.find(({ type }) => type !== 'null') ?? option;
};

const kind = (option) => {
  const inner = core(option);
  if (inner.$ref !== undefined) return 'check';
  if (inner.const !== undefined) return `\`${inner.const}\``;
  if (inner.enum !== undefined) return inner.enum.map((word) => `\`${word}\``).join(' ');
  if (isMap(inner)) {
    const plain = leavesOf(option).find(({ type }) => type === 'string' || type === 'boolean');
    return plain === undefined ? 'map' : `${kind(plain)} or map`;
  }
  if (inner.type === 'array') {
    const [item] = [inner.items.anyOf ?? [inner.items]].flat().map(kind).reverse();
    return `list of: ${inner.items.anyOf?.some(({ $ref }) => $ref) ? 'name or check' : item}`;
  }
  if ((inner.examples ?? option.examples)?.includes('500ms') || inner.pattern?.includes('\\u00b5')) return 'duration';
  const types = [inner.type].flat().filter((type) => type !== 'null');
  if (types.includes('string') && types.length > 1) return 'number or text';
  if (inner.minimum !== undefined) return `${inner.minimum} to ${inner.maximum}`;
  return { string: 'text', boolean: 'true or false', object: 'map' }[types[0]] ?? types[0];
};

const isNullable = (option) =>
  (option.anyOf ?? []).some(({ type }) => type === 'null') || [option.type].flat().includes('null');

/** A default that depends on something else is told in the description's last words. */
const DEFAULT_IN_WORDS = /(?:^|[;,] )default: (.*)$/iu;

const fallback = (option, description, required) => {
  if (required) return 'required';
  const words = DEFAULT_IN_WORDS.exec(description)?.[1];
  if (words !== undefined) return words;
  if ((option.default ?? null) === null) return isNullable(option) ? '`null`' : '-';
  const text = JSON.stringify(option.default);
  if (text === '{}') return '-';
  return text === '""' ? '`""`' : `\`${text.replaceAll('"', '').replaceAll(',', ', ')}\``;
};

const isSaying = (value) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
const flow = (value) =>
  stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim();

const unexplained = [];

/** A value from the example file; the keys of a map have examples of their own, in the rows below it. */
const example = (path, option, inner, values) => {
  if (isMap(inner) || namedMaps(inner) !== null) return '';
  if (inner.type === 'array' && mapsOf(inner.items).length > 0) return '';
  const value = [...values, ...(option.examples ?? [])].find(isSaying);
  if (value === undefined) return unexplained.push(path) && '';
  return `\`${flow(value)}\``;
};

const cell = (text) => text.replaceAll('|', '\\|');

const mapsOf = (item) => (item.anyOf ?? item.oneOf ?? [item]).filter(({ properties }) => properties !== undefined);

/** One with keys that are known, or alternatives of it. */
const isMap = (inner) => inner.type !== 'array' && mapsOf(inner).length > 0;

/** What stands under names that people choose; null for anything else. */
const namedMaps = ({ additionalProperties: item }) =>
  typeof item === 'object' && mapsOf(item).length > 0 ? mapsOf(item) : null;

/** Alternatives of a map as one: what all require is required, and their constants are the words of an option. */
const merge = (maps) => {
  const properties = Object.assign({}, ...maps.map((map) => map.properties));
  for (const [key, option] of Object.entries(properties)) {
    const words = maps.flatMap((map) => map.properties[key]?.const ?? []);
    if (words.length > 1) properties[key] = { description: option.description, enum: words };
  }
  const required = Object.keys(properties).filter((key) => maps.every((map) => map.required?.includes(key)));
  return { properties, required };
};

/** `holders` are the maps of the example file that have these options. */
const rows = (object, holders, prefix = '') =>
  Object.entries(object.properties).flatMap(([key, option]) => {
    const path = `${prefix}${key}`;
    const required = object.required?.includes(key) === true;
    const inner = core(option);
    const values = holders.map((holder) => holder[key]).filter(isSaying);
    const description = option.description ?? inner.description ?? '';
    const meaning = description.replace(DEFAULT_IN_WORDS, '');
    if (meaning === '') unexplained.push(path);
    const cells = [
      `\`${path}\``,
      kind(option),
      fallback(option, description, required),
      example(path, option, inner, values),
      meaning,
    ];
    const line = `| ${cells.map(cell).join(' | ')} |`;
    if (isMap(inner)) return [line, ...rows(merge(mapsOf(inner)), values, `${path}.`)];
    const named = namedMaps(inner);
    if (named !== null) return [line, ...rows(merge(named), values.flatMap(Object.values), `${path}.NAME.`)];
    const maps = inner.type === 'array' ? mapsOf(inner.items) : [];
    const items = values.flat().filter((value) => typeof value === 'object');
    return [line, ...(maps.length > 0 ? rows(merge(maps), items, `${path}[].`) : [])];
  });

const table = (lines) =>
  ['| option | value | default | example | meaning |', '|---|---|---|---|---|', ...lines].join('\n');

const full = parse(readFileSync(new URL('../examples/full.yaml', import.meta.url), 'utf8'));
const exampleChecks = Object.values(full.checks);

const tableOf = (name) => {
  const isCommon = (key) => commonKeys.includes(key);
  if (name === 'check')
    return table(
      rows(
        pick(check.oneOf[0], (key) => isCommon(key) && key !== 'type'),
        exampleChecks,
      ),
    );
  const type = check.oneOf.find(({ properties }) => properties.type.const === name);
  // Those of its type first: an option such as `ca_file` need not be shown for each.
  const first = exampleChecks.toSorted((one, other) => Number(other.type === name) - Number(one.type === name));
  if (type !== undefined)
    return table(
      rows(
        pick(type, (key) => !isCommon(key)),
        first,
      ),
    );
  const section = schema.properties[name];
  if (section === undefined) throw new Error(`docs/configuration.md has a table for '${name}', which is no section`);
  return table(rows(section.type === 'array' ? section.items : core(section), [full[name]].flat()));
};

const pick = (object, keep) => ({
  ...object,
  properties: Object.fromEntries(Object.entries(object.properties).filter(([key]) => keep(key))),
});

const text = readFileSync(file, 'utf8');
const seen = new Set();
const fresh = text.replace(/<!-- options ([a-z_]+) -->\n.*?<!-- end -->/gsu, (_, name) => {
  seen.add(name);
  return `<!-- options ${name} -->\n${tableOf(name)}\n<!-- end -->`;
});
const needed = [
  ...Object.keys(schema.properties).filter((name) => name !== 'checks'),
  'check',
  ...check.oneOf.map(({ properties }) => properties.type.const),
];
const missing = needed.filter((name) => !seen.has(name));
if (missing.length > 0) {
  console.error(`docs/configuration.md lacks tables for: ${missing.join(', ')}`);
  process.exit(1);
}
if (unexplained.length > 0) {
  console.error(`no meaning in the schema, or no example in examples/full.yaml, for: ${unexplained.join(', ')}`);
  process.exit(1);
}
if (process.argv.includes('--check')) {
  if (fresh === text) process.exit(0);
  console.error('docs/configuration.md is out of date: run node scripts/config-docs.mjs');
  process.exit(1);
}
writeFileSync(file, fresh);
