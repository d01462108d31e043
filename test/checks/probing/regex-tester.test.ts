import test from 'ava';
import { RegexTester } from '../../../src/checks/probing/regex-tester.js';

test('matches, does not match, and forgets the last text', (t) => {
  const tester = new RegexTester();
  t.is(tester.test(/up$/, 'status: up'), 'match');
  t.is(tester.test(/up$/, 'status: down'), 'no-match');
  t.is(tester.test(/^$/, ''), 'match');
});

test('a backtracking expression is stopped, and the next one runs as before', (t) => {
  const tester = new RegexTester();
  t.is(tester.test(/^(a+)+$/, `${'a'.repeat(64)}b`), 'too-slow');
  t.is(tester.test(/b$/, 'ab'), 'match');
});
