import { execFileSync } from 'node:child_process';
import test from 'ava';

/** Two threads, one after the other, that each make a function hot; only the first has a compiler of its own. */
const script = `
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { withOwnCompiler } from '${new URL('../../../src/os/memory/hot-code.js', import.meta.url)}';
const hot = (name) => \`
  function \${name}(n) { let sum = 0; for (let i = 0; i < n; i += 1) sum += i % 7; return sum; }
  let sum = 0;
  for (let round = 0; round < 20_000; round += 1) sum += \${name}(100);
  if (sum === 0) throw new Error();
\`;
const first = withOwnCompiler(() => new Worker(hot('inFirst'), { eval: true }));
await once(first, 'exit');
await once(new Worker(hot('inSecond'), { eval: true }), 'exit');
let thrown = null;
try { withOwnCompiler(() => { throw new Error('no thread'); }); } catch (error) { thrown = error; }
await once(new Worker(hot('inThird'), { eval: true }), 'exit');
if (thrown?.message !== 'no thread') throw new Error('an error was lost');
`;

test('hot code is compiled in the thread itself, and in no other', (t) => {
  const args = ['--trace-opt', '--input-type=module', '--eval', script];
  const lines = execFileSync(process.execPath, args, { encoding: 'utf8' }).split('\n');
  const modes = (name: string) =>
    new Set(lines.filter((line) => line.includes(name)).flatMap((line) => / mode: \w+::(\w+)/.exec(line)?.[1] ?? []));
  t.deepEqual([...modes('inFirst')], ['kSynchronous']);
  t.true(modes('inSecond').has('kConcurrent'));
  t.true(modes('inThird').has('kConcurrent'));
});

/** V8 13 (Node.js 24) takes the delay from the command line alone. */
const hearsLater = Number.parseInt(process.versions.v8, 10) < 13;

/** A thread that has V8 compile a function, and says how long that took. */
const delayed = `
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { compileLater } from '${new URL('../../../src/os/memory/hot-code.js', import.meta.url)}';
compileLater();
const code = \`
  const { parentPort } = require('node:worker_threads');
  function add(a, b) { return a + b; }
  %PrepareFunctionForOptimization(add);
  add(1, 2);
  add(1, 2);
  const from = performance.now();
  %OptimizeFunctionOnNextCall(add, 'concurrent');
  const OPTIMIZED = 1 << 4;
  while ((%GetOptimizationStatus(add) & OPTIMIZED) === 0 && performance.now() - from < 30_000) add(1, 2);
  parentPort.postMessage({ ms: performance.now() - from, status: %GetOptimizationStatus(add) & OPTIMIZED });
\`;
const [{ ms, status }] = await once(new Worker(code, { eval: true, execArgv: [] }), 'message');
process.stdout.write(JSON.stringify({ ms, optimized: status !== 0 }));
`;

test('hot code is compiled, but not before the work in which it became hot is over', (t) => {
  const args = ['--allow-natives-syntax', '--input-type=module', '--eval', delayed];
  const { ms, optimized } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  t.true(optimized);
  if (hearsLater) t.true(ms >= 5, `${ms} ms`);
});
