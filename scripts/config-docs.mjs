// Writes the tables of docs/configuration.md from the schema; with --check it only says whether they are up to date.
// Each table stands between `<!-- options NAME -->` and `<!-- end -->`, where NAME is a section or a type of check.
import { readFileSync, writeFileSync } from 'node:fs';
import { configJsonSchema } from '../dist/src/config/document.js';

const file = new URL('../docs/configuration.md', import.meta.url);
const schema = configJsonSchema();
const check = schema.$defs.check;
const commonKeys = Object.keys(check.oneOf[0].properties).filter((key) =>
  check.oneOf.every(({ properties }) => Object.hasOwn(properties, key)),
);

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

const fallback = (option, required) => {
  if (required) return 'required';
  if ((option.default ?? null) === null) {
    if (/default:/iu.test(option.description ?? '')) return 'see right';
    return isNullable(option) ? '`null`' : '-';
  }
  const text = JSON.stringify(option.default);
  if (text === '{}') return '-';
  return text === '""' ? '`""`' : `\`${text.replaceAll('"', '').replaceAll(',', ', ')}\``;
};

const cell = (text) => text.replaceAll('|', '\\|');

/** Alternatives of a map as one: what all require is required, and their constants are the words of an option. */
const merge = (maps) => {
  const properties = Object.assign({}, ...maps.map((map) => map.properties));
  for (const [key, option] of Object.entries(properties)) {
    const words = maps.flatMap((map) => map.properties[key]?.const ?? []);
    if (words.length > 0) properties[key] = { description: option.description, enum: words };
  }
  const required = Object.keys(properties).filter((key) => maps.every((map) => map.required?.includes(key)));
  return { properties, required };
};

const rows = (object, prefix = '') =>
  Object.entries(object.properties).flatMap(([key, option]) => {
    const path = `${prefix}${key}`;
    const required = object.required?.includes(key) === true;
    const inner = core(option);
    const line = `| \`${path}\` | ${kind(option)} | ${fallback(option, required)} | ${cell(option.description ?? inner.description ?? '')} |`;
    if (inner.type === 'object' && inner.properties !== undefined) return [line, ...rows(inner, `${path}.`)];
    const item = inner.type === 'array' ? inner.items : undefined;
    if (item?.properties !== undefined) return [line, ...rows(item, `${path}[].`)];
    if (item?.anyOf !== undefined || item?.oneOf !== undefined) {
      const maps = (item.anyOf ?? item.oneOf).filter(({ properties }) => properties !== undefined);
      return [line, ...(maps.length > 0 ? rows(merge(maps), `${path}[].`) : [])];
    }
    return [line];
  });

const table = (lines) => ['| option | value | default | meaning |', '|---|---|---|---|', ...lines].join('\n');

const tableOf = (name) => {
  if (name === 'check') return table(rows(pick(check.oneOf[0], (key) => commonKeys.includes(key) && key !== 'type')));
  const type = check.oneOf.find(({ properties }) => properties.type.const === name);
  if (type !== undefined) return table(rows(pick(type, (key) => !commonKeys.includes(key))));
  const section = schema.properties[name];
  if (section === undefined) throw new Error(`docs/configuration.md has a table for '${name}', which is no section`);
  return table(section.type === 'array' ? rows(section.items) : rows(core(section)));
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
if (process.argv.includes('--check')) {
  if (fresh === text) process.exit(0);
  console.error('docs/configuration.md is out of date: run node scripts/config-docs.mjs');
  process.exit(1);
}
writeFileSync(file, fresh);
