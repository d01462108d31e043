/** Plans of documents that want to hurt: how late other clients are answered meanwhile, and what memory they take. `fulcrum bench documents`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hostileDocuments } from './documents/hostile.js';
import { planBeside } from './documents/plan-beside.js';
import type { BenchOptions } from './support/bench.js';
import { startPeer } from './support/peer.js';
import { rssMbOf } from './support/process-figures.js';
import { progress } from './support/progress.js';
import type { Report } from './support/report.js';

export type DocumentsOptions = {
  /** The documents whose titles begin so; all without. */
  readonly titles?: readonly string[];
};

const program = fileURLToPath(new URL('../../bin/fulcrum.js', import.meta.url));
/** A start has settled by then. */
const SETTLE_MS = 5000;
/** Memory is given back within it. */
const GIVE_BACK_MS = 20_000;
const QUICK_DOCUMENTS = 1;

export async function runDocumentsBench({ quick, titles }: BenchOptions & DocumentsOptions): Promise<Report> {
  const asked = hostileDocuments.filter(
    ({ title }) => titles === undefined || titles.some((begin) => title.startsWith(begin)),
  );
  const documents = quick ? asked.slice(0, QUICK_DOCUMENTS) : asked;
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-documents-'));
  const socket = join(directory, 'fulcrum.sock');
  const config = join(directory, 'config.yaml');
  writeFileSync(
    config,
    JSON.stringify({ node: { state_dir: directory }, control: { socket }, dataplane: { driver: 'dry-run' } }),
  );
  const daemon = await startPeer(process.execPath, [program, 'run', '-c', config], /control\.socket listens/);
  try {
    await sleep(SETTLE_MS);
    const startMb = rssMbOf(daemon.pid);
    const rows: (string | number)[][] = [];
    const bar = progress('documents', documents.length);
    for (const document of documents) {
      const { status, planMs, answers, latestMs, beforeMb, peakMb } = await planBeside(socket, daemon.pid, document);
      await sleep(GIVE_BACK_MS);
      const leftMb = rssMbOf(daemon.pid) - startMb;
      rows.push([
        document.title,
        status,
        ...[planMs, answers, latestMs, beforeMb - startMb, peakMb, leftMb].map(Math.round),
      ]);
      bar.tick(1, document.title);
    }
    bar.done();
    return reportOf(rows, startMb);
  } finally {
    await daemon.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

const reportOf = (rows: readonly (readonly (string | number)[])[], startMb: number): Report => ({
  title: 'Plans of documents that want to hurt',
  sections: [
    {
      kind: 'table',
      title: 'How late another client is answered, and what memory a plan takes',
      note: `Beside each plan a client asks for /health again and again. The daemon holds ${Math.round(startMb)} MB before the first. Goals: 100 ms, 300 MB.`,
      columns: ['document', 'status', 'plan ms', 'answers', 'latest ms', 'MB before', 'MB more at most', 'MB left'],
      rows,
    },
  ],
  data: rows,
});
