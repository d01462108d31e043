import test from 'ava';
import fc from 'fast-check';
import type { SourceFiles } from '../../../src/import/files.js';
import { blocksOf, type Statement } from '../../../src/import/keepalived/language/blocks.js';
import { glob } from '../../../src/import/keepalived/language/glob.js';
import { readLines } from '../../../src/import/keepalived/language/reader.js';
import { shellWords, wordsOf } from '../../../src/import/keepalived/language/text.js';
import { ConfigError } from '../../../src/model/errors.js';

const around = { host: 'main', env: { HOME: '/root' } };

/** Files by their path; what is not there cannot be read. */
const filesOf = (texts: Readonly<Record<string, string>>): SourceFiles => ({
  list: (directory) => {
    const start = directory === '.' ? '' : directory;
    const below = Object.keys(texts).filter((path) => path.startsWith(start));
    return [...new Set(below.map((path) => path.slice(start.length).replace(/\/.*$/su, '/')))];
  },
  read: (path) => {
    const text = texts[path];
    if (text === undefined) throw new Error('there is no such file');
    return text;
  },
});

const read = (text: string, files: Readonly<Record<string, string>> = {}) =>
  readLines('k.conf', text, filesOf(files), around);
const linesOf = (text: string, files: Readonly<Record<string, string>> = {}) =>
  read(text, files).lines.map((line) => line.text);

test('comments end a line, but not in quotes or behind a backslash', (t) => {
  t.deepEqual(linesOf('! all\n# all\n  a b # rest\n c "d # e" ! rest\nf \\# g\n\n'), ['a b', 'c "d # e"', 'f # g']);
});

test('definitions are replaced when they are used, what they hold too; an unknown one stays', (t) => {
  const text = `$BASE=10.2.\${SUB}\n$SUB=0\n\${BASE}.100/32\n$SUB=10\n\${BASE}.100/32\n\${NONE} $NONE\nx $SUB, y$SUB`;
  t.deepEqual(linesOf(text), ['10.2.0.100/32', '10.2.10.100/32', `\${NONE} $NONE`, 'x 10, y10']);
});

test('a definition of several lines is a block, with definitions and conditions within', (t) => {
  const text = `$I= \\\n vrrp_instance V\${N} { \\\n @main priority 1 \\\n @other priority 2 \\\n }\n\n$N=7\n$I\n`;
  t.deepEqual(linesOf(text), ['vrrp_instance V7 {', 'priority 1', '}']);
});

test('lines of other hosts are left out, and @^ turns it round', (t) => {
  const { lines, skipped } = read('@main a\n@other b\n@^main c\n@^other d\n$IF=@main\n$IF e');
  t.deepEqual([lines.map(({ text }) => text), skipped], [['a', 'd', 'e'], 2]);
});

test('a sequence repeats its line, in hexadecimal and within another too', (t) => {
  t.deepEqual(linesOf(`~SEQ(I, 1, 3) a \${I}`), ['a 1', 'a 2', 'a 3']);
  t.deepEqual(linesOf('~SEQ(I, 3) $I'), ['1', '2', '3']);
  t.deepEqual(linesOf(`~SEQx(A, 0x90, 0x10, 0xb0) ~SEQx(B, 0xb, -1, 0xa) \${A}:\${B}`), [
    '90:b',
    '90:a',
    'a0:b',
    'a0:a',
    'b0:b',
    'b0:a',
  ]);
  t.deepEqual(linesOf(`~LST({A, B}, {10,1},{20}) \${A}-\${B}`), ['10-1', '20-']);
  t.deepEqual(linesOf('~LST(A, x, y) $A'), ['x', 'y']);
});

test('a sequence that is none is told, and is no line', (t) => {
  const { lines, remarks } = read('~SEQ(I, 1, -1, 3) a\n~SEQ(I) b\n~LST(I) c');
  t.deepEqual(lines, []);
  t.deepEqual(
    remarks.map(({ at, keyword, lost }) => [at.line, keyword, lost]),
    [
      [1, '~SEQ', true],
      [2, '~SEQ', true],
      [3, '~LST', true],
    ],
  );
});

test('the predefined names', (t) => {
  const { lines, remarks } = read(`\${_HASH}\${_BANG} \${_INSTANCE} \${_PWD} \${_ENV HOME} \${_RANDOM 3 9}`);
  t.deepEqual(
    lines.map(({ text }) => text),
    ['#! main . /root 3'],
  );
  t.deepEqual(
    remarks.map(({ keyword, lost }) => [keyword, lost]),
    [
      ['_ENV', false],
      ['_RANDOM', false],
    ],
  );
});

test('included files stand where they are named, by pattern, below the folder of the file that names them', (t) => {
  const files = {
    'conf.d/b.conf': 'b',
    'conf.d/a.conf': 'a\ninclude sub/x',
    'conf.d/.hidden': 'h',
    'conf.d/sub/x': 'x',
  };
  const { lines } = read('1\ninclude conf.d/*\n2', files);
  t.deepEqual(
    lines.map(({ text, at }) => `${at.file}:${at.line} ${text}`),
    ['k.conf:1 1', 'conf.d/a.conf:1 a', 'conf.d/sub/x:1 x', 'conf.d/b.conf:1 b', 'k.conf:3 2'],
  );
});

const refusal = (text: string, files: Readonly<Record<string, string>> = {}) => {
  try {
    read(text, files);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return null;
};

test('an include that goes round, or cannot be read, is told with its line', (t) => {
  const circle = { a: 'x\ninclude b', b: 'include a' };
  t.is(refusal('include a', circle), 'b:1:1: include: a includes itself: a -> b -> a');
  t.is(refusal('\ninclude gone.conf'), 'k.conf:2:1: include: gone.conf: there is no such file');
});

test('a pattern that fits nothing is told, and no error', (t) => {
  const { lines, remarks } = read('include d/*.conf\nincludea {x,y}.conf', { 'x.conf': 'x' });
  t.deepEqual([lines.map(({ text }) => text), remarks.map(({ why }) => why)], [['x'], ['no file fits d/*.conf']]);
});

test('what grows without an end is refused', (t) => {
  t.regex(refusal(`$A=x\${A}\n$A`) ?? '', /^k\.conf:2:1: \$A|\$\{A\}: the definition grows/u);
  t.regex(refusal('~SEQ(A,1,99999) ~SEQ(B,1,99999) ') ?? '', /too much of it/u);
  const doubling = Array.from({ length: 40 }, (_, n) => `$D${n}= \\\n$D${n + 1} \\\n$D${n + 1}\n`).join('\n');
  t.regex(refusal(`${doubling}\n$D0`) ?? '', /too much of it|nested/u);
});

test('a star takes no exponential time', (t) => {
  const name = `${'a'.repeat(200)}b`;
  t.deepEqual(glob(`${'*a'.repeat(60)}c`, filesOf({ [name]: '' })), []);
  t.deepEqual(glob('[a-c]?*', filesOf({ ab: '', b: '', cxx: '', 'd/': '' })), ['ab', 'cxx']);
});

test('words and strings', (t) => {
  t.deepEqual(wordsOf('a  "b c"d "e'), ['a', 'b c', 'd', 'e']);
  t.deepEqual(shellWords(String.raw`a"b c"d 'e f' \x41\n\"`), ['ab cd', 'e f', 'A\n"']);
});

const shape = (statements: readonly Statement[]): unknown =>
  statements.map(({ keyword, words, block }) => [keyword, ...words, ...(block === null ? [] : [shape(block)])]);

test('braces make blocks, on one line or on many; what has no match is told', (t) => {
  const { statements, remarks } = blocksOf(read('a x { b 1 } c\n{\n d "{"\n}\n}\ne {').lines);
  t.deepEqual(shape(statements), [
    ['a', 'x', [['b', '1']]],
    ['c', [['d', '{']]],
    ['e', []],
  ]);
  t.deepEqual(
    remarks.map(({ at, why }) => [at.line, why]),
    [
      [5, 'no block is open here'],
      [6, "its closing '}' is missing"],
    ],
  );
});

test('any text is some configuration, or refused with its place', (t) => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '"',
    '\\',
    '\n',
    '$A',
    `\${A}`,
    '=',
    '~SEQ(A,1,3)',
    '~LST(A,x,{y})',
    '@main ',
    '#',
    'include x',
    ' a ',
    '\0',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (parts) => {
      try {
        blocksOf(read(parts.join('')).lines);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      }
    }),
  );
  t.pass();
});
