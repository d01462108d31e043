import test from 'ava';
import { fileWords, stepFile } from '../../../src/machines/tracking/file-number.js';

const holds = (text: string) => ({ kind: 'read', bytes: Buffer.from(text) }) as const;

test('a whole number with its sign, and space around it', (t) => {
  for (const [text, value] of [
    ['12\n', 12],
    [' -7 ', -7],
    ['+30', 30],
    ['-2147483648', -2147483648],
    ['2147483648', 2147483648],
  ] as const) {
    t.deepEqual(stepFile(9, holds(text)), { value, problem: '' }, text);
  }
});

test('anything else leaves the number that was there', (t) => {
  for (const text of [
    '',
    'many',
    '1 2',
    '1.5',
    '0x10',
    '2147483649',
    '-2147483649',
    '9'.repeat(20),
    `1${' '.repeat(64)}`,
  ]) {
    t.deepEqual(stepFile(9, holds(text)), { value: 9, problem: 'it holds no whole number' }, text);
  }
  for (const kind of ['refused', 'late'] as const) {
    t.deepEqual(stepFile(9, { kind, why: 'permission denied' }), { value: 9, problem: 'permission denied' });
  }
});

test('no file is 0', (t) => {
  const number = stepFile(9, { kind: 'absent', why: 'cannot be read: there is no such file' });
  t.deepEqual(number, { value: 0, problem: 'there is no such file' });
  t.is(fileWords(number), 'the number 0, for there is no such file');
  t.is(fileWords({ value: 5, problem: '' }), 'the number 5');
});
