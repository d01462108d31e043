/**
 * Plans of documents that want to hurt: how late other clients are answered meanwhile, and what memory they take.
 * `npm run build && node dist/bench/documents.js [TITLE...]`: those whose titles begin so; all without.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hostileDocuments } from './documents/hostile.js';
import { memoryMb, planBeside } from './documents/plan-beside.js';
import { formatTable } from './support/text.js';

const program = fileURLToPath(new URL('../../bin/fulcrum.js', import.meta.url));
/** A start has settled by then. */
const SETTLE_MS = 5000;
/** Memory is given back within it. */
const GIVE_BACK_MS = 20_000;

const directory = mkdtempSync(join(tmpdir(), 'fulcrum-documents-'));
const socket = join(directory, 'fulcrum.sock');
const config = join(directory, 'config.yaml');
writeFileSync(
  config,
  JSON.stringify({ node: { state_dir: directory }, control: { socket }, dataplane: { driver: 'dry-run' } }),
);
const daemon = spawn(process.execPath, [program, 'run', '-c', config], { stdio: ['ignore', 'ignore', 'inherit'] });
const exited = once(daemon, 'exit');
const { pid } = daemon;
if (pid === undefined) throw new Error('the daemon does not start');
while (!existsSync(socket)) await sleep(100);
await sleep(SETTLE_MS);
const startMb = memoryMb(pid, 'VmRSS');
const rows: (string | number)[][] = [];
const asked = process.argv.slice(2);
for (const document of hostileDocuments) {
  if (asked.length > 0 && !asked.some((title) => document.title.startsWith(title))) continue;
  const { status, planMs, answers, latestMs, beforeMb, peakMb } = await planBeside(socket, pid, document);
  await sleep(GIVE_BACK_MS);
  const leftMb = memoryMb(pid, 'VmRSS') - startMb;
  console.error(document.title);
  rows.push([document.title, status, planMs, answers, latestMs, beforeMb - startMb, peakMb, leftMb].map(rounded));
}
const columns = ['document', 'status', 'plan ms', 'answers', 'latest ms', 'MB before', 'MB more at most', 'MB left'];
console.log(`\n${formatTable(columns, rows)}`);
daemon.kill('SIGTERM');
await exited;
rmSync(directory, { recursive: true, force: true });

function rounded(value: string | number): string | number {
  return typeof value === 'number' ? Math.round(value) : value;
}
