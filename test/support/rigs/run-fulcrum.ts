/** Runs the built command line as a user does. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bounded } from '../programs/run-in-test.js';

const binary = fileURLToPath(new URL('../../../../bin/fulcrum.js', import.meta.url));

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type RunOptions = Pick<SpawnOptions, 'cwd' | 'env' | 'timeout' | 'killSignal'>;

export function startFulcrum(args: readonly string[], options: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [binary, ...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
}

export function runFulcrum(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = startFulcrum(args, { ...bounded, ...options });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
