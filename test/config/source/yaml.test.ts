import test from 'ava';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { DocumentProblems } from '../../../src/config/source/problem.js';
import { readYaml } from '../../../src/config/source/yaml.js';
import { SEED, validDocument } from '../documents.js';

const read = (text: string, lexemesAPart?: number): unknown => {
  try {
    return readYaml(text, lexemesAPart);
  } catch (error) {
    if (error instanceof DocumentProblems) return error.problems;
    throw error;
  }
};

test('a document read part by part is the document, in block and in flow style, with its places', (t) => {
  fc.assert(
    fc.property(validDocument, fc.integer({ min: 1, max: 9 }), (document, lexemesAPart) => {
      for (const text of [stringify(document), JSON.stringify(document), JSON.stringify(document, null, 1)]) {
        t.deepEqual(read(text, lexemesAPart), read(text));
      }
    }),
    { seed: SEED, numRuns: 60 },
  );
});

test('aliases, comments, blank lines and both styles in one another come out the same part by part', (t) => {
  const texts = [
    'a: &x { b: 1 }\n# one\n\nc:\n  # two\n  - *x\n  - &y [1, *x, { d: *x }]\n  - *y\ne: *y\n',
    'a:\n- &x\n  b: 1\n  c: 2\n- *x\n- - 1\n  - 2\n-\n- d: [a, [b, c], { e: f, g }]\n# end\n',
    '[1, 2, [3, [4, 5], 6], { a: [7], b: { c: 8, d: 9 } }, [x: 1, ? y : 2], "z",]',
    'a: |\n  text\n  more\nb: >-\n  folded\nc: "d\n  e"\n? f\n: g\n',
    '--- # start\na: 1\nb: 2\nc: [1,\n 2]\n...\n',
  ];
  for (const text of texts) t.deepEqual(read(text, 1), read(text), text);
});

test('what is wrong in a document is told part by part as it is at once', (t) => {
  const texts = [
    'a: 1\nb: 2\na: 3\n',
    '[1, 2 3, "a" "b", 4]',
    '[1, "a" "b", 4]',
    '{ a: 1, b: 2, a: 3 }',
    'a: 1\n b: 2\nc: 3\n',
    'a:\n- 1\n- 2\n  - 3\n-4\n',
    'a: [1, 2, , 3]\nb: 1\n',
    'a: !x 1\nb: 2\nc: 3\n',
    'a: *no\nb: 1\nc: 2\n',
    'a: [1, 2\nb: 3\n',
    '{ a: 1, b: 2',
  ];
  const places = (text: string, lexemesAPart?: number): number[] => {
    const found = read(text, lexemesAPart);
    return Array.isArray(found) ? found.map(({ offset }) => offset).toSorted((left, right) => left - right) : [];
  };
  for (const text of texts) {
    t.not(places(text).length, 0, text);
    t.is(places(text, 1)[0], places(text)[0], text);
  }
});
