// Brings node_modules to what package-lock.json says, and does nothing when it already is.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';

const installedLock = 'node_modules/.fulcrum-lock.json';

/** Runs a command with this terminal's output; ends this process with its exit code when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (result.status !== 0) {
    process.stderr.write(`${command} ${args.join(' ')} failed (${result.error?.message ?? `exit ${result.status}`})\n`);
    process.exit(result.status ?? 1);
  }
}

export function ensureInstalled() {
  const upToDate =
    existsSync(installedLock) && readFileSync(installedLock, 'utf8') === readFileSync('package-lock.json', 'utf8');
  if (upToDate) return;
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  copyFileSync('package-lock.json', installedLock);
}
