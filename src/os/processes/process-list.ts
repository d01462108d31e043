/** The processes of this machine, as /proc shows them. */
import { readdirSync, readFileSync } from 'node:fs';

export type ProcessFacts = {
  /** As `ps -o comm`: at most 15 bytes. */
  readonly name: string;
  readonly commandLine: readonly string[];
};

export const processIds = (): readonly number[] =>
  readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? Number(name) : []));

/** Null where there is none, or one that ended and is still to be reaped. */
export function readProcess(pid: number): ProcessFacts | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name may hold brackets and spaces itself.
    const end = stat.lastIndexOf(')');
    const state = stat[end + 2];
    if (end < 0 || state === 'Z' || state === 'X') return null;
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // Each word ends with a zero.
    if (commandLine.at(-1) === '') commandLine.pop();
    return { name: Buffer.from(stat.slice(stat.indexOf('(') + 1, end), 'latin1').toString(), commandLine };
  } catch {
    return null;
  }
}
