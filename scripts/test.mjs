// npm test: installs, builds, runs every test that this machine can run, lists what it could not run and why, and the slowest.
// npm test -- --unit: without those against real peers.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';

// ava has a process group of its own, which the terminal's signals do not reach.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])
  process.on(signal, () => process.exit(code));

ensureInstalled();
const { build } = await import('./build.mjs');
const { BUNDLES, bundleTests } = await import('./bundle-tests.mjs');
await build();

const scratch = mkdtempSync(join(tmpdir(), 'fulcrum-test-'));
const skips = join(scratch, 'skips');
const totals = { passed: 0, failed: 0 };
const unitOnly = process.argv.includes('--unit');
/** Titles with their seconds. */
const times = [];
/** What failed, as ava told it: the end of a long output must say it again. */
const failures = [];
const SLOWEST = 15;
/** No test is silent for so long, nor a guest with its cases: a thread that hangs in a system call keeps ava from ending. */
const SILENCE_MS = 15 * 60_000;

/**
 * Two files at a time: guests, which have a processor of their own, and what waits for daemons with time to spare. The others measure,
 * elect within milliseconds, or judge a server by its first second: they are alone. Paths below test/system.
 */
const SIDE_BY_SIDE = [
  'config/',
  'daemon/',
  'doctor.',
  'drain.',
  'embedding/package',
  'few-descriptors.',
  'hostile-files.',
  'import/',
  'ipvs/driver.',
  'ipvs/end-to-end.',
  'ipvs/grpc.',
  'ipvs/keepalived.',
  'ipvs/kill.',
  'ipvs/reconciler.',
  'secrets.',
  'service-manager.',
];

const SYSTEM = 'dist/test/system/';
const files = readdirSync('dist/test', { recursive: true })
  .filter((path) => path.endsWith('.test.js'))
  .map((path) => `dist/test/${path}`)
  .sort();
const system = files.filter((path) => path.startsWith(SYSTEM));
const isBeside = (path) => SIDE_BY_SIDE.some((start) => path.startsWith(SYSTEM + start));
/** In this order, each after the one before has ended. */
const phases = [
  { what: 'unit', of: await bundleTests(files.filter((path) => !path.startsWith(SYSTEM))), concurrency: 3 },
  { what: 'system, side by side', of: system.filter(isBeside), concurrency: 2 },
  { what: 'system, alone', of: system.filter((path) => !isBeside(path)), concurrency: 1 },
];
let ok = true;
const tookS = [];
for (const { what, of, concurrency } of unitOnly ? phases.slice(0, 1) : phases) {
  // ava takes no files for all files.
  if (of.length === 0) continue;
  const startMs = performance.now();
  ok = (await ava(of, ['--concurrency', `${concurrency}`])) && ok;
  tookS.push(`${what} ${Math.round((performance.now() - startMs) / 1000)} s`);
}

const skipped = existsSync(skips) ? readFileSync(skips, 'utf8').trimEnd().split('\n') : [];
if (skipped.length > 0) {
  console.log('\nNot run on this machine:');
  for (const line of skipped) console.log(`  - ${line}`);
}
rmSync(scratch, { recursive: true, force: true });
rmSync(BUNDLES, { recursive: true, force: true });
console.log(`\nThe slowest of ${totals.passed}:`);
times.sort((a, b) => b.seconds - a.seconds);
// The cases of a guest are told together, each with the time of all.
const fileOf = (title) => title.slice(0, title.lastIndexOf(' › '));
const isCase = ({ title, seconds }, before) => before?.seconds === seconds && fileOf(before.title) === fileOf(title);
for (const { title, seconds } of times.filter((each, at) => !isCase(each, times[at - 1])).slice(0, SLOWEST)) {
  console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${title}`);
}
if (failures.length > 0) {
  console.log('\nFailed:');
  for (const failure of failures) console.log(`  - ${failure}`);
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${skipped.length} skipped (${tookS.join(', ')})`);
process.exitCode = ok ? 0 : 1;

/** ava tells it where it is worth telling: `title (1m 9.3s)`, `title (213ms)`. */
function noteTime(line) {
  const match = /✔ (.*) \((?:(\d+)m )?(?:([\d.]+)s|(\d+)ms)\)\s*$/.exec(line);
  if (match === null) return;
  const [, title, minutes = 0, seconds = 0, ms = 0] = match;
  times.push({ title, seconds: Number(minutes) * 60 + Number(seconds) + Number(ms) / 1000 });
}

/** ava and what its tests started. */
function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Runs ava with this terminal's output and adds its closing counts to the totals. */
function ava(patterns, options) {
  return new Promise((resolve) => {
    const child = spawn('node_modules/.bin/ava', [...patterns, ...options], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, FULCRUM_SKIPS: skips },
    });
    let rest = '';
    let passed = 0;
    let failed = 0;
    const stop = () => killGroup(child.pid);
    process.on('exit', stop);
    const silence = setTimeout(() => {
      console.log(`\nNothing was told for ${SILENCE_MS / 60_000} minutes after the last line: something does not end.`);
      stop();
    }, SILENCE_MS);
    child.stdout.on('data', (chunk) => {
      silence.refresh();
      process.stdout.write(chunk);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (/^\s*✔ /.test(line)) {
          passed += 1;
          noteTime(line);
        }
        if (/^\s*✘ /.test(line)) failures.push(line.trim().slice(2));
        failed += Number(/^\s*(\d+) (?:tests? failed|uncaught exceptions?|unhandled rejections?)/.exec(line)?.[1] ?? 0);
      }
    });
    // A program that a test left behind would keep the pipe open, and so this one.
    child.on('exit', stop);
    child.on('close', (code) => {
      clearTimeout(silence);
      process.off('exit', stop);
      totals.passed += passed;
      // A process that would not end, or a test that never did, is a failure without a count of its own.
      totals.failed += code === 0 || failed > 0 ? failed : 1;
      resolve(code === 0 && passed > 0);
    });
  });
}
