/** What a document may cost its reader: one that is wrong everywhere no more than a right one, and none more than its limit. */
import test from 'ava';
import { MAX_ISSUES } from '../../../src/config/limits.js';
import { packConfigOf } from '../../../src/config/reading/config-reader.js';
import { ConfigError } from '../../../src/model/errors.js';
import { MAX_COUNTED_ISSUES } from '../../../src/schema/limits.js';

const never = new AbortController().signal;
const refusal = async (document: object | string): Promise<ConfigError> => {
  const bytes = new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document));
  try {
    await packConfigOf({ kind: 'text', bytes, name: '(request)', format: 'yaml' }, {}, never);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('it was taken');
};
const wrong = (count: number) => Array.from({ length: count }, (_, index) => ({ wrong: index }));

test('a hundred thousand wrong services are told by their first errors, and do not fill the reader’s memory', async (t) => {
  const { issues } = await refusal({ services: wrong(100_000) });
  t.is(issues.length, MAX_ISSUES + 1);
  t.regex(issues[0]?.path ?? '', /^services\[0\]\./);
  t.regex(issues.at(-1)?.message ?? '', /^at least \d+ more, not shown$/);
});

test('neither do wrong backends of many services', async (t) => {
  const services = Array.from({ length: 100 }, (_, index) => ({
    name: `s${index}`,
    address: '10.0.0.1',
    port: 80 + index,
    backends: wrong(1_000),
  }));
  const { issues } = await refusal({ services });
  t.is(issues.length, MAX_ISSUES + 1);
  t.regex(issues[0]?.path ?? '', /^services\[0\]\.backends\[0\]/);
});

test('a wrong item far behind in a long list is told at its place', async (t) => {
  const backends = Array.from({ length: MAX_COUNTED_ISSUES + 2 }, (_, index) => ({
    name: `b${index}`,
    address: '10.0.0.1',
    port: index === MAX_COUNTED_ISSUES + 1 ? 0 : 1 + index,
  }));
  const { issues } = await refusal({ services: [{ name: 's', address: '10.0.0.1', port: 80, backends }] });
  t.deepEqual(
    issues.map(({ path }) => path),
    [`services[0].backends[${MAX_COUNTED_ISSUES + 1}].port`],
  );
});

test('a document whose reader runs out of memory is refused, and nothing else ends', async (t) => {
  // Each comment is kept until the value that it stands before: a document that nothing but memory limits.
  const { message } = await refusal(`${'#\n'.repeat(1_900_000)}node: {}\n`);
  t.regex(message, /takes more than \d+ MB of memory to read/);
});
