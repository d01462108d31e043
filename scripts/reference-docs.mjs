// Writes what docs/api.md and docs/metrics.md take from the code; with --check it only says whether they are up to date.
// It stands between `<!-- NAME -->` and `<!-- end -->`. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { openApiDocument } from '../dist/src/actors/gateway/http/openapi.js';
import { allRoutes } from '../dist/src/actors/gateway/http/route-table.js';
import { descriptors, metricsOf } from '../dist/src/actors/registry.js';
import { metrics as healthMetrics } from '../dist/src/health/metrics.js';

const routes = allRoutes('');
const allMetrics = [...metricsOf(descriptors), ...Object.values(healthMetrics)];
const { components } = openApiDocument(routes, '');

const cell = (text) => text.replaceAll('|', '\\|');
const code = (text) => `\`${text}\``;
const table = (heads, rows) => [
  `| ${heads.join(' | ')} |`,
  `|${heads.map(() => '---|').join('')}`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
];

const anchor = (name) => `[${name}](#${name.toLowerCase()})`;

function answerOf({ contentType, schema, statuses = [200] }) {
  const what =
    schema === null ? code(contentType.split(';')[0]) : `${schema.list ? 'a list of ' : ''}${anchor(schema.name)}`;
  return `${statuses.join(' or ')}: ${what}`;
}

const routeTable = () =>
  table(
    ['', 'does', 'answers', 'changes'],
    routes.map(({ method, path, summary, answer, change }) => [
      code(`${method} ${path}`),
      summary,
      answerOf(answer),
      change ? 'yes' : '',
    ]),
  );

const queryTable = () =>
  table(
    ['', 'parameter', 'meaning'],
    routes.flatMap(({ path, query = {} }) =>
      Object.entries(query).map(([name, { description }]) => [code(path), code(name), description]),
    ),
  );

function typeOf(schema) {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((word) => code(word)).join(' ');
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.type === 'array') return `list of: ${typeOf(schema.items)}`;
  if (schema.type === 'object') return 'map';
  return (
    { string: 'text', boolean: 'true or false', integer: 'whole number', number: 'number' }[schema.type] ?? schema.type
  );
}

function fieldsOf(schema, prefix = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const optional = schema.required?.includes(name) === false ? ' (may be absent)' : '';
    const inner = field.anyOf?.find(({ type }) => type === 'object' || type === 'array') ?? field;
    const nested =
      inner.type === 'array'
        ? fieldsOf(inner.items, `${path}[].`)
        : inner.type === 'object'
          ? fieldsOf(inner, `${path}.`)
          : [];
    return [[code(path), `${typeOf(field)}${optional}`], ...nested];
  });
}

const schemas = () =>
  Object.entries(components.schemas).flatMap(([name, schema]) => [
    `### ${name}`,
    '',
    ...table(['field', 'value'], fieldsOf(schema)),
    '',
  ]);

const metrics = () =>
  table(
    ['metric', 'type', 'labels', 'meaning'],
    allMetrics.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(' '), help]),
  );

const buckets = () => {
  const sets = new Map();
  for (const definition of allMetrics) {
    if (definition.type !== 'histogram') continue;
    const bounds = definition.buckets.join(' ');
    sets.set(bounds, [...(sets.get(bounds) ?? []), code(definition.name)]);
  }
  return table(
    ['bounds in seconds', 'histograms'],
    [...sets].map(([bounds, names]) => [bounds, names.join(' ')]),
  );
};

const documents = {
  'api.md': { routes: routeTable, queries: queryTable, schemas },
  'metrics.md': { metrics, buckets },
};

const check = process.argv.includes('--check');
for (const [name, parts] of Object.entries(documents)) {
  const file = new URL(`../docs/${name}`, import.meta.url);
  const text = readFileSync(file, 'utf8');
  const missing = new Set(Object.keys(parts));
  const fresh = text.replace(/<!-- (\w+) -->\n.*?<!-- end -->/gsu, (whole, part) => {
    if (!missing.delete(part)) return whole;
    return `<!-- ${part} -->\n${parts[part]().join('\n').trimEnd()}\n<!-- end -->`;
  });
  if (missing.size > 0) {
    console.error(`docs/${name} has no place for: ${[...missing].join(', ')}`);
    process.exitCode = 1;
  } else if (check && fresh !== text) {
    console.error(`docs/${name} is out of date: run node scripts/reference-docs.mjs`);
    process.exitCode = 1;
  } else if (!check) {
    writeFileSync(file, fresh);
  }
}
