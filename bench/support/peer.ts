/** A program that a bench runs against or beside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type Peer = { readonly pid: number; readonly stop: () => Promise<void> };

/** Debian keeps daemons out of a user's PATH. */
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin:/usr/local/sbin`;

/** Resolves when the program prints a line that matches `ready`; rejects with all that it printed when it ends before. */
export function startPeer(command: string, args: readonly string[], ready: RegExp): Promise<Peer> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PATH } });
  const printed: string[] = [];
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${command} ended before it was ready:\n${printed.join('\n')}`)));
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        if (printed.length < 100) printed.push(line);
        if (ready.test(line)) resolve({ pid: child.pid ?? 0, stop });
      });
    }
  });
}
