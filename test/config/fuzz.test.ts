/** Valid documents with something changed: whatever it is, the answer is a configuration or a ConfigError. */
import test from 'ava';
import fc from 'fast-check';
import { effectiveDocument } from '../../src/config/document.js';
import { ConfigError, type ConfigIssue } from '../../src/model/errors.js';
import { SEED, validDocument } from './documents.js';
import { fromValue, parse } from './support.js';

const issuesOf = (run: () => unknown): readonly ConfigIssue[] => {
  try {
    run();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.issues;
  }
};

const complete = (issues: readonly ConfigIssue[]): boolean =>
  issues.every(({ file, line, column, message }) => file !== '' && line >= 0 && column >= 0 && message !== '');

/** A document as text in which people write it: keys on lines of their own, lists with dashes. */
const asYaml = (value: unknown, indent = ''): string => {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((item) => `\n${indent}-${asYaml(item, `${indent}  `).replace(/^\n\s*/u, ' ')}`).join('');
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0 && !Array.isArray(value)) {
    return Object.entries(value)
      .map(([key, item]) => `\n${indent}${JSON.stringify(key)}:${asYaml(item, `${indent}  `)}`)
      .join('');
  }
  return ` ${JSON.stringify(value)}`;
};

const asToml = (value: unknown): string => {
  if (Array.isArray(value))
    return `[${value
      .filter((item) => item !== null)
      .map(asToml)
      .join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).filter(([, item]) => item !== null);
  return `{${pairs.map(([key, item]) => `${JSON.stringify(key)} = ${asToml(item)}`).join(', ')}}`;
};
const asTomlFile = (document: object): string =>
  Object.entries(document)
    .filter(([, item]) => item !== null)
    .map(([key, item]) => `${key} = ${asToml(item)}\n`)
    .join('');

const weird = fc.constantFrom<unknown>(
  null,
  true,
  -1,
  0,
  1.5,
  70_000,
  2 ** 53,
  Number.NaN,
  '',
  ' ',
  '5',
  '5s',
  '-',
  '10.0.0.1',
  '::1',
  '[::1]:80',
  '\u0000',
  '__proto__',
  'constructor',
  [],
  {},
  [[]],
  { type: 'tcp' },
  { type: 'http', path: 5 },
  ['x'],
  'x'.repeat(5000),
  { __proto__: null },
);

const steps = fc.array(fc.nat(50), { minLength: 1, maxLength: 6 });
type Mutation = { readonly at: readonly number[]; readonly key: string | null; readonly value: unknown };
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: steps,
  key: fc.option(fc.oneof(fc.constantFrom('port', 'checks', 'nam', '__proto__', 'type', 'tls'), fc.string())),
  value: weird,
});

/** Follows the steps as far as the document goes; there it replaces a value, or adds a key. */
const mutate = (document: unknown, { at, key, value }: Mutation): unknown => {
  const [step = 0, ...rest] = at;
  if (typeof document !== 'object' || document === null) return value;
  const keys = Object.keys(document);
  const chosen = keys[step % Math.max(1, keys.length)];
  const copy: Record<string, unknown> | unknown[] = Array.isArray(document) ? [...document] : { ...document };
  const target = chosen === undefined || (rest.length === 0 && key !== null) ? (key ?? 'x') : chosen;
  const inner: unknown = Reflect.get(copy, target);
  Object.defineProperty(copy, target, {
    value: rest.length === 0 || chosen === undefined ? value : mutate(inner, { at: rest, key, value }),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
};

test('a valid document is valid in YAML, TOML, JSON and JavaScript, and means the same', (t) => {
  fc.assert(
    fc.property(validDocument, (document) => {
      const expected = effectiveDocument(fromValue(document).config);
      t.deepEqual(effectiveDocument(parse(JSON.stringify(document)).config), expected);
      t.deepEqual(effectiveDocument(parse(asYaml(document).trimStart() || '{}').config), expected);
      // TOML has no null.
      const kept: unknown = JSON.parse(JSON.stringify(document, (_, value) => value ?? undefined));
      const withoutNulls = effectiveDocument(fromValue(kept).config);
      t.deepEqual(effectiveDocument(parse(asTomlFile(document), { file: 'f.toml' }).config), withoutNulls);
    }),
    { numRuns: 40, seed: SEED },
  );
});

test('a mutated value is a configuration or a ConfigError', (t) => {
  fc.assert(
    fc.property(validDocument, fc.array(mutation, { minLength: 1, maxLength: 4 }), (document, mutations) => {
      const mutated = mutations.reduce<unknown>(mutate, document);
      const issues = issuesOf(() => effectiveDocument(fromValue(mutated).config));
      t.true(complete(issues.map((issue) => ({ ...issue, file: issue.file === '' ? '(value)' : '' }))));
      // The same through the text, whose every error has a place.
      const text = JSON.stringify(mutated);
      if (text === undefined) return;
      const placed = issuesOf(() => parse(text));
      t.true(complete(placed) && placed.every(({ line }) => line > 0), JSON.stringify(placed));
    }),
    { numRuns: 150, seed: SEED },
  );
});

const part = fc.double({ min: 0, max: 1, noNaN: true });
const piece = fc.constantFrom(
  '[',
  ']',
  '{',
  '}',
  ':',
  '-',
  '\n',
  '"',
  "'",
  '&a ',
  '*a',
  '!x ',
  '|',
  '>',
  '?',
  '#',
  '\t',
  '%',
  ',',
  '---',
);
const edits = fc.array(fc.record({ at: part, cut: fc.nat(20), put: fc.oneof(piece, fc.string({ maxLength: 8 })) }), {
  minLength: 1,
  maxLength: 5,
});
const edited = (text: string, list: readonly { at: number; cut: number; put: string }[]): string =>
  list.reduce((now, { at, cut, put }) => {
    const start = Math.floor(at * now.length);
    return now.slice(0, start) + put + now.slice(start + cut);
  }, text);

for (const [format, print] of [
  ['yaml', (document: object) => asYaml(document)],
  ['toml', asTomlFile],
] as const) {
  test(`a ${format} text with characters changed is a configuration or a ConfigError`, (t) => {
    fc.assert(
      fc.property(validDocument, edits, (document, list) => {
        const text = edited(print(document), list);
        t.true(complete(issuesOf(() => parse(text, { file: `f.${format}` }))));
      }),
      { numRuns: 150, seed: SEED },
    );
  });

  test(`half a ${format} text, cut anywhere, is a configuration or a ConfigError`, (t) => {
    fc.assert(
      fc.property(validDocument, part, (document, at) => {
        const whole = print(document);
        t.true(complete(issuesOf(() => parse(whole.slice(0, at * whole.length), { file: `f.${format}` }))));
      }),
      { numRuns: 60, seed: SEED },
    );
  });

  test(`any text as ${format} is a configuration or a ConfigError`, (t) => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((parts) => parts.join('')),
        ),
        (text) => {
          t.true(complete(issuesOf(() => parse(text, { file: `f.${format}` }))));
        },
      ),
      { numRuns: 150, seed: SEED },
    );
  });
}
