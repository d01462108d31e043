/** One refused check: how long it takes, alone and with its result told over a unix socket. */
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Section } from '../support/report.js';
import { percentiles } from '../support/stats.js';
import { buildCPeer } from './c-peer.js';
import type { Goal } from './goals.js';

const run = promisify(execFile);
/** tcpmux: nobody listens there. */
const CLOSED_PORT = 1;

export async function benchRefused(
  directory: string,
  counts: { readonly rounds: number; readonly checks: number },
  tick: (note: string) => void,
): Promise<{ readonly goals: readonly Goal[]; readonly sections: readonly Section[]; readonly data: unknown }> {
  const samples: Record<'fulcrum' | 'C' | 'socket', number[]> = { fulcrum: [], C: [], socket: [] };
  const why = await buildCPeer(directory).then(
    async (refused) => {
      // One round before, so that both start with the kernel's code warm.
      await refused(CLOSED_PORT, counts.checks);
      for (let round = 0; round < counts.rounds; round += 1) {
        tick('refused');
        samples.C.push(...(await refused(CLOSED_PORT, counts.checks)));
        samples.fulcrum.push(...(await ours(counts.checks)));
        samples.socket.push(...(await overSocket(directory, counts.checks)));
      }
      return null;
    },
    (error: Error) => error.message,
  );
  const [mine, theirs, socket] = [samples.fulcrum, samples.C, samples.socket].map((all) => percentiles(all).p50);
  const figure = (value: number | undefined): number | null => (samples.C.length === 0 ? null : (value ?? null));
  const compare = (a: number | undefined, b: number | undefined, most: number): boolean | null =>
    samples.C.length === 0 ? null : (a ?? 0) <= (b ?? 0) * most;
  return {
    goals: [
      {
        what: 'one check, connection refused, wall',
        goal: '<= 2x blocking C',
        ours: figure(mine),
        theirs: figure(theirs),
        peer: 'a C program',
        unit: 'us',
        met: compare(mine, theirs, 2),
        why,
      },
      {
        what: 'the same, told over a unix socket as JSON',
        goal: '<= 1.25x alone',
        ours: figure(socket),
        theirs: figure(mine),
        peer: 'fulcrum alone',
        unit: 'us',
        met: compare(socket, mine, 1.25),
      },
    ],
    sections: [
      {
        kind: 'histogram',
        title: 'One check, connection refused',
        note: 'Wall time from the start to the result, one after the other in one thread.',
        unit: 'us',
        scale: 'log',
        series: [
          { name: 'fulcrum', samples: samples.fulcrum },
          { name: 'C, blocking', samples: samples.C },
          { name: 'fulcrum, told over a unix socket in batches of 100', samples: samples.socket },
        ],
      },
    ],
    data: { fulcrum: percentiles(samples.fulcrum), c: percentiles(samples.C), socket: percentiles(samples.socket) },
  };
}

const program = fileURLToPath(new URL('./refused-process.js', import.meta.url));

async function ours(checks: number, ...more: string[]): Promise<number[]> {
  const args = [program, String(CLOSED_PORT), String(checks), ...more];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 64 * 2 ** 20 });
  return JSON.parse(stdout) as number[];
}

/** The reader parses each line, and answers it. */
async function overSocket(directory: string, checks: number): Promise<number[]> {
  const path = join(directory, 'results.sock');
  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        JSON.parse(text.slice(0, end));
        text = text.slice(end + 1);
        socket.write('.');
      }
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    return await ours(checks, path);
  } finally {
    server.close();
  }
}
