/** A real daemon, `fulcrum run`, in a process of its own with a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const program = fileURLToPath(new URL('../../../../bin/fulcrum.js', import.meta.url));

export type Daemon = {
  readonly process: ChildProcess;
  readonly directory: string;
  readonly configFile: string;
  readonly socket: string;
  /** All that it wrote to stderr so far. */
  readonly log: () => string;
  /** Resolves when the log has (had) something that matches. */
  readonly logged: (pattern: RegExp) => Promise<void>;
  readonly get: (path: string) => Promise<unknown>;
  readonly post: (path: string, body?: string) => Promise<{ readonly status: number; readonly body: unknown }>;
  readonly rewrite: (config: object) => void;
};

/** Adds a control socket and a state directory to the configuration, and waits until the API answers. */
export async function startDaemon(t: ExecutionContext, config: object, args: string[] = []): Promise<Daemon> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-daemon-'));
  const socket = join(directory, 'fulcrum.sock');
  const configFile = join(directory, 'config.yaml');
  const rewrite = (document: object) => {
    const common = { node: { state_dir: directory }, control: { socket, http: null, grpc: null } };
    writeFileSync(configFile, JSON.stringify({ ...common, ...document }));
  };
  rewrite(config);
  const child = spawn(process.execPath, [program, 'run', '-c', configFile, ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let log = '';
  const watchers = new Set<() => void>();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
    for (const look of watchers) look();
  });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    rmSync(directory, { recursive: true, force: true });
  });
  const logged = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(log)) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      void exited.then(() => reject(new Error(`the daemon ended before it logged ${pattern}:\n${log}`)));
      look();
    });
  await logged(/control\.socket listens/);
  const ask = (method: string, path: string, body = '') =>
    new Promise<{ status: number; body: unknown }>((resolve, reject) => {
      const headers = { 'content-type': 'application/yaml' };
      const call = request({ socketPath: socket, method, path, headers: body === '' ? {} : headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: text === '' ? null : JSON.parse(text) }),
        );
      });
      call.on('error', reject);
      call.end(body);
    });
  return {
    process: child,
    directory,
    configFile,
    socket,
    log: () => log,
    logged,
    get: async (path) => (await ask('GET', path)).body,
    post: (path, body) => ask('POST', path, body),
    rewrite,
  };
}
