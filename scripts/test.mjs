// npm test: installs, builds, runs every test that this machine can run, and lists what it could not run and why.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';

ensureInstalled();
const { build } = await import('./build.mjs');
build();

const scratch = mkdtempSync(join(tmpdir(), 'fulcrum-test-'));
const skips = join(scratch, 'skips');
const totals = { passed: 0, failed: 0 };

const unit = readdirSync('dist/test', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'system' && entry.name !== 'support')
  .map((entry) => `dist/test/${entry.name}/**/*.test.js`);
let ok = await ava(unit, []);
// System tests share the machine's cores and ports with real servers: one file at a time.
if (existsSync('dist/test/system')) ok = (await ava(['dist/test/system/**/*.test.js'], ['--concurrency', '1'])) && ok;

const skipped = existsSync(skips) ? readFileSync(skips, 'utf8').trimEnd().split('\n') : [];
if (skipped.length > 0) {
  console.log('\nNot run on this machine:');
  for (const line of skipped) console.log(`  - ${line}`);
}
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${skipped.length} skipped`);
process.exitCode = ok ? 0 : 1;

/** Runs ava with this terminal's output and adds its closing counts to the totals. */
function ava(patterns, options) {
  return new Promise((resolve) => {
    const child = spawn('node_modules/.bin/ava', [...patterns, ...options], {
      stdio: ['inherit', 'pipe', 'inherit'],
      env: { ...process.env, FULCRUM_SKIPS: skips },
    });
    let tail = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk).slice(-4000);
    });
    child.on('close', (code) => {
      const passed = Number(/(\d+) tests? passed/.exec(tail)?.[1] ?? 0);
      const failed = [...tail.matchAll(/(\d+) (?:tests? failed|uncaught exceptions?|unhandled rejections?)/g)];
      totals.passed += passed;
      totals.failed += failed.reduce((sum, match) => sum + Number(match[1]), 0);
      if (code !== 0 && failed.length === 0) totals.failed += 1;
      resolve(code === 0 && passed > 0);
    });
  });
}
