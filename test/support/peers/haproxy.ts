import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { startServer } from './server-process.js';

export interface Haproxy {
  /** What it printed so far: it tells of each server that goes DOWN or UP. */
  readonly log: readonly string[];
  /** A command on its admin socket. */
  admin(command: string): Promise<string>;
  /** One server's fields of `show stat`, by their names. */
  server(backend: string, name: string): Promise<Readonly<Record<string, string>>>;
  /** Waits until the server's status (UP, DOWN, DRAIN, ...) and, where given, weight are so; throws after a while, with what they are. */
  becomes(backend: string, name: string, status: string, weight?: number): Promise<void>;
}

const PATIENCE_MS = 15_000;

/** Debian's haproxy with an admin socket; `sections` is everything after `global`. */
export async function startHaproxy(t: ExecutionContext, sections: string): Promise<Haproxy> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-haproxy-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const socket = join(directory, 'admin.sock');
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(
    file,
    `global\n  stats socket ${socket} mode 600 level admin\n  log stderr format raw local0\n${sections}`,
  );
  const log: string[] = [];
  const process = await startServer({
    command: 'haproxy',
    args: ['-db', '-V', '-f', file],
    ready: /polling systems/,
    onLine: (line) => log.push(line),
  });
  t.teardown(() => process.stop());

  const admin = (command: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      connect(socket)
        .on('error', reject)
        .on('data', (chunk) => {
          answer += chunk;
        })
        .on('end', () => resolve(answer))
        .end(`${command}\n`);
    });
  // It binds some moments after its last word.
  await eventually(() => admin('show info'));
  const server = async (backend: string, name: string): Promise<Readonly<Record<string, string>>> => {
    const [head = '', ...rows] = (await admin('show stat')).replace(/^# /, '').split('\n');
    const row = rows.map((line) => line.split(',')).find(([b, s]) => b === backend && s === name);
    return Object.fromEntries(head.split(',').map((field, index) => [field, row?.[index] ?? '']));
  };
  return {
    log,
    admin,
    server,
    async becomes(backend, name, wanted, weight) {
      await eventually(async () => {
        const { status, weight: weightNow, agent_status, agent_desc, last_agt } = await server(backend, name);
        // A server that has an agent and no check of haproxy's own.
        const now = status === 'no check' ? 'UP' : (status ?? '');
        if (now.startsWith(wanted) && (weight === undefined || Number(weightNow) === weight)) return;
        const agent = [agent_status, agent_desc, last_agt].join(' ');
        throw new Error(`${name} is ${now} with weight ${weightNow} (${agent}), not ${wanted} ${weight ?? ''}`);
      });
    },
  };
}

/** Tries until it does not throw; after a while throws what it last threw. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() - startedMs > PATIENCE_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
