/**
 * What runs as root must be root's alone: whoever may change the program, a folder on its way, or where a link on it leads, would
 * be root. So keepalived's `enable_script_security`.
 */
import type { Stats } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;

/** Null: it is safe, or there is none, which starting it will tell. */
export async function whyUnsafe(program: string): Promise<string | null> {
  try {
    for (const path of new Set([...prefixes(program), ...prefixes(await realpath(program))])) {
      const why = whyNotRoots(await lstat(path));
      if (why === null) continue;
      const mend = `chown root ${path}; chmod go-w ${path}`;
      return `${program} does not run as root: ${path} ${why}; give it a user of its own, or: ${mend}`;
    }
  } catch {
    // It is not there, or may not be looked at.
  }
  return null;
}

function whyNotRoots(stat: Pick<Stats, 'uid' | 'gid' | 'mode' | 'isSymbolicLink' | 'isDirectory'>): string | null {
  if (stat.uid !== 0) return `belongs to the user ${stat.uid}`;
  // A link's own mode means nothing; in a sticky folder nobody replaces what is another's.
  if (stat.isSymbolicLink() || (stat.isDirectory() && (stat.mode & STICKY) !== 0)) return null;
  if ((stat.mode & WRITABLE_BY_ALL) !== 0) return 'may be written by everybody';
  return (stat.mode & WRITABLE_BY_GROUP) !== 0 && stat.gid !== 0 ? `may be written by the group ${stat.gid}` : null;
}

/** `/`, `/a`, `/a/b` of `/a/b`. */
const prefixes = (path: string): readonly string[] => {
  const words = path.split('/').filter((word) => word !== '');
  return ['/', ...words.map((_, index) => `/${words.slice(0, index + 1).join('/')}`)];
};
