/**
 * A host of a LAN as its operator finds it: `/etc/fulcrum`, `/run` and `/var/lib` are its own, and `fulcrum` is on the path.
 * So what examples and pages say is run as it is written. Needs root and `nsenter`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { toolPath } from '../peers/tool-path.js';
import type { Ran } from './run-fulcrum.js';
import type { Host } from './vrrp/lan.js';

const program = fileURLToPath(new URL('../../../../bin/fulcrum.js', import.meta.url));
/** Between two looks at what a command says. */
const PAUSE_MS = 200;
const LIMIT_MS = 300_000;
/** Longer than a daemon takes to stop, whatever hangs. */
const STOP_LIMIT_MS = 60_000;

/** A line of shell that runs. */
export type Running = {
  /** Its exit code and all that it has said, once it has ended. */
  readonly ended: Promise<Ran>;
  /** Resolves when its output has (had) something that matches. */
  said(words: RegExp): Promise<void>;
  /** SIGTERM to all of it. */
  stop(): Promise<Ran>;
};

export class OperatorHost {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fulcrum-host-'));
  readonly #mounts: ChildProcess;
  readonly #running = new Map<ChildProcess, Promise<Ran>>();

  private constructor(host: Host) {
    execFileSync('cp', ['-a', '/etc', this.#folder]);
    rmSync(join(this.#folder, 'etc/fulcrum'), { recursive: true, force: true });
    for (const name of ['etc/fulcrum', 'bin', 'work']) mkdirSync(join(this.#folder, name));
    symlinkSync(program, join(this.#folder, 'bin/fulcrum'));
    const mounts = ['-t tmpfs tmpfs /run', '-t tmpfs tmpfs /var/lib', `--bind ${this.#folder}/etc /etc`];
    // `ip netns exec` gives the shell a mount namespace of its own, and both become what comes after them.
    const script = [...mounts.map((mount) => `mount ${mount}`), 'echo mounted', 'exec sleep infinity'].join(' && ');
    this.#mounts = host.start('sh', '-c', script);
  }

  /** Everything on it ends with the test. */
  static async on(t: ExecutionContext, host: Host): Promise<OperatorHost> {
    const made = new OperatorHost(host);
    t.teardown(() => made.#close());
    const { stdout } = made.#mounts;
    if (stdout === null) throw new Error('no stdout');
    const [said] = await Promise.race([once(stdout, 'data'), once(made.#mounts, 'exit')]);
    if (!String(said).includes('mounted')) throw new Error('the host has no mounts of its own');
    return made;
  }

  /** A file of `/etc/fulcrum`. */
  write(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.#folder, 'etc/fulcrum', name), content);
  }

  /** A file in the folder where commands run. */
  writeHere(name: string, content: string): void {
    writeFileSync(join(this.#folder, 'work', name), content);
  }

  start(line: string, env: Readonly<Record<string, string>> = {}): Running {
    const path = [join(this.#folder, 'bin'), dirname(process.execPath), toolPath()].join(':');
    const inside = ['-t', String(this.#mounts.pid), '-m', '-n', `--wd=${join(this.#folder, 'work')}`];
    const child = spawn('nsenter', [...inside, 'sh', '-c', `trap : TERM; ${line}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: path, HOME: '/root', ...env },
      // A process group of its own: what the shell started is signalled with it, and the shell waits for that.
      detached: true,
    });
    const text = { stdout: '', stderr: '' };
    const watchers = new Set<() => void>();
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
        for (const look of watchers) look();
      });
    }
    const ended = once(child, 'close').then(() => {
      this.#running.delete(child);
      return { code: child.exitCode, ...text };
    });
    this.#running.set(child, ended);
    return {
      ended,
      said: (words) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            if (words.test(text.stdout) || words.test(text.stderr)) resolve();
          };
          watchers.add(look);
          void ended.then(({ stdout, stderr }) =>
            reject(new Error(`${line} ended without ${words}:\n${stdout}${stderr}`)),
          );
          look();
        }),
      async stop() {
        signalGroup(child, 'SIGTERM');
        // It then ends without an exit code, which a test notices.
        const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_LIMIT_MS);
        return await ended.finally(() => clearTimeout(timer));
      },
    };
  }

  /** Runs a line of shell to its end. */
  sh(line: string): Promise<Ran> {
    return this.start(line).ended;
  }

  /** What `fulcrum WORDS --json` says, once it is as it should be; throws with the last answer after the time limit. */
  async until<T>(words: string, is: (answer: T) => boolean): Promise<T> {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
      const { code, stdout, stderr } = await this.sh(`fulcrum ${words} --json`);
      // Without a daemon there is no answer (yet).
      const answer: T | null = code === 0 || code === 1 ? JSON.parse(stdout) : null;
      if (answer !== null && is(answer)) return answer;
      if (Date.now() > end) throw new Error(`fulcrum ${words}: not within ${LIMIT_MS} ms; last: ${stdout}${stderr}`);
      await sleep(PAUSE_MS);
    }
  }

  async #close(): Promise<void> {
    for (const child of this.#running.keys()) signalGroup(child, 'SIGKILL');
    await Promise.all(this.#running.values());
    this.#mounts.kill('SIGKILL');
    if (this.#mounts.exitCode === null && this.#mounts.signalCode === null) await once(this.#mounts, 'exit');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
