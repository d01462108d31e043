import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** From the signal to the end: tcpdump sleeps through it now and then. */
const PATIENCE_MS = 2000;

export type Recording = {
  /** In libpcap's format; each packet is in it as soon as it was seen. */
  readonly file: string;
  stop(): Promise<void>;
  /** Takes the file away, and stops what was not stopped. */
  discard(): void;
};

/** Records what a BPF expression selects on a device of a network namespace. Resolves once it listens. */
export async function startTcpdump(
  at: { readonly namespace: string; readonly device: string; readonly env: NodeJS.ProcessEnv },
  options: readonly string[],
  expression: string,
): Promise<Recording> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-capture-'));
  const file = join(directory, 'wire.pcap');
  const command = ['netns', 'exec', at.namespace, 'tcpdump', '-U', '-n', '--immediate-mode', ...options];
  const args = [...command, '-i', at.device, '-w', file, ...expression.split(' ')];
  const tcpdump = spawn('ip', args, { env: at.env, stdio: ['ignore', 'ignore', 'pipe'] });
  await listening(tcpdump);
  return {
    file,
    async stop() {
      const ended = once(tcpdump, 'exit');
      tcpdump.kill('SIGINT');
      const patience = setTimeout(() => tcpdump.kill('SIGKILL'), PATIENCE_MS);
      await ended;
      clearTimeout(patience);
    },
    discard() {
      tcpdump.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const listening = (tcpdump: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = '';
    tcpdump.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('listening')) resolve();
    });
    tcpdump.once('exit', () => reject(new Error(`tcpdump: ${said}`)));
  });
