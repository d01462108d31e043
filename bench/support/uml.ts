/**
 * Runs commands inside User Mode Linux: a kernel with IPVS on a machine that has none. The guest is root, sees this
 * machine's files (hostfs), has a network of its own (loopback alone) and one processor, and boots in about 2 s. Code
 * runs 10 to 30 times slower inside, so boot once and do much. Needs Debian's user-mode-linux, kmod and iproute2.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allowedProcessors } from '../../src/os/process/processors.js';
import { registerShim } from './guest-registers.js';

export type GuestOptions = {
  readonly memory?: string;
  /** The guest is killed after it. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Loaded before the command; the kernel itself loads others when they are asked for. */
  readonly modules?: readonly string[];
  readonly signal?: AbortSignal;
};

export type GuestResult = {
  /** The command's exit status; null when the guest ended without one (it crashed, or its time was over). */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What the kernel said on its console: why, where `status` is null. */
  readonly console: string;
};

const DEFAULT_TIMEOUT_MS = 120_000;
/** It takes 2 s. Once in a while such a kernel hangs before its first process: then nothing of the command has run. */
const BOOT_TIMEOUT_MS = 60_000;
const MAX_BOOTS = 3;
/** A file that the guest's first process makes. */
const BOOTED = 'booted';
const KERNEL = 'linux.uml';
const MODULES = '/usr/lib/uml/modules';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const GUEST_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Boots a guest, runs the command in the present directory, and ends the guest. Throws only when no guest can be started. */
export async function runInGuest(command: readonly string[], options: GuestOptions = {}): Promise<GuestResult> {
  // On disk: /tmp may be a memory file system that the guest's hostfs would have to share with its own mounts.
  const directory = await mkdtemp('/var/tmp/fulcrum-uml-');
  try {
    await writeFile(join(directory, 'init'), await initScript(directory, command, options), { mode: 0o755 });
    let consoleText = '';
    for (let boots = 0; boots < MAX_BOOTS && !hasBooted(directory) && options.signal?.aborted !== true; boots += 1)
      consoleText += await boot(directory, options);
    const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8').catch(() => '');
    const status = (await read('status')).trim();
    return {
      status: status === '' ? null : Number(status),
      stdout: await read('stdout'),
      stderr: await read('stderr'),
      console: consoleText,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function initScript(directory: string, command: readonly string[], options: GuestOptions): Promise<string> {
  const versions = await readdir(MODULES).catch(() => []);
  const environment = { PATH: `${GUEST_PATH}:${process.env['PATH'] ?? ''}`, HOME: '/root', ...options.env };
  return `#!/bin/bash
touch ${quote(join(directory, BOOTED))}
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmpfs /run
${Object.entries(environment)
  .map(([name, value]) => `export ${name}=${quote(value)}`)
  .join('\n')}
ip link set lo up
mkdir -p /lib/modules; mount -t tmpfs tmpfs /lib/modules
${versions.map((version) => `ln -s ${quote(join(MODULES, version))} /lib/modules/`).join('\n')}
${options.modules === undefined ? '' : `modprobe -a ${options.modules.map(quote).join(' ')}`}
cd ${quote(process.cwd())}
${command.map(quote).join(' ')} >${quote(join(directory, 'stdout'))} 2>${quote(join(directory, 'stderr'))} </dev/null
echo $? >${quote(join(directory, 'status'))}
echo o >/proc/sysrq-trigger
sleep 10
`;
}

/**
 * The processor of this machine that has the fewest guests. A guest stays on one, as it has only one itself: each of its system
 * calls is a switch between two processes, and to wake another processor for each makes it six times slower.
 */
function freestProcessor(): number {
  const taken = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(processorOfGuest);
  const guests = (processor: number): number => taken.filter((each) => each === processor).length;
  return allowedProcessors().toSorted((a, b) => guests(a) - guests(b) || b - a)[0] ?? 0;
}

/** None of a process that is no guest, or may run anywhere. */
function processorOfGuest(process: string): readonly number[] {
  try {
    if (readFileSync(`/proc/${process}/comm`, 'utf8').trim() !== KERNEL) return [];
    const allowed = allowedProcessors(Number(process));
    return allowed.length === 1 ? allowed : [];
  } catch {
    // It ended meanwhile.
    return [];
  }
}

const hasBooted = (directory: string): boolean => existsSync(join(directory, BOOTED));

/** Answers with the console's text once the guest has ended. */
function boot(directory: string, options: GuestOptions): Promise<string> {
  const child = spawn(
    'taskset',
    [
      '--cpu-list',
      String(freestProcessor()),
      KERNEL,
      `mem=${options.memory ?? '768M'}`,
      'rootfstype=hostfs',
      'rootflags=/',
      'rw',
      `init=${join(directory, 'init')}`,
      `umid=${directory.slice(directory.lastIndexOf('/') + 1)}`,
      `uml_dir=${directory}/`,
      'con=null',
      'con0=null,fd:1',
      'quiet',
    ],
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...registerShim(directory) } },
  );
  const timer = setTimeout(() => killGuest(child), options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const bootTimer = setTimeout(() => {
    if (!hasBooted(directory)) killGuest(child);
  }, BOOT_TIMEOUT_MS);
  const onAbort = (): void => killGuest(child);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  // A guest is a process group of its own, which the terminal's signals do not reach.
  const onSignal = (signal: NodeJS.Signals): void => {
    killGuest(child);
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  let text = '';
  const keep = (chunk: Buffer): void => {
    text += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise<string>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`no guest: ${error.message}: apt-get install user-mode-linux kmod`)));
    child.on('close', () => resolve(text));
  }).finally(() => {
    clearTimeout(timer);
    clearTimeout(bootTimer);
    options.signal?.removeEventListener('abort', onAbort);
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  });
}

/** A guest is many processes of one group. */
function killGuest(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
