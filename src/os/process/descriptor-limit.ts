import { readFileSync } from 'node:fs';

/** What a Linux process has where nothing else is said. */
const USUAL_LIMIT = 1024;

/** How many files and sockets this process may have open (RLIMIT_NOFILE, proc(5)); Node has raised it to the hard limit. */
export function descriptorLimit(limits = readFileSync('/proc/self/limits', 'utf8')): number {
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
  const limit = Number(soft);
  return Number.isFinite(limit) && limit > 0 ? limit : USUAL_LIMIT;
}
