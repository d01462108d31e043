import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CommandError } from '../../model/errors.js';

export type Owner = { readonly uid: number; readonly gid: number };

const run = promisify(execFile);

/**
 * The numbers of `user`, `user:group` or `1000:1000`; a user alone brings the user's own group. Names go through getent(1),
 * which knows every source of accounts that the system has.
 * @throws CommandError ERR_NOT_FOUND
 */
export async function resolveOwner(owner: string): Promise<Owner> {
  const [user = '', group] = owner.split(':');
  const account = await entry('passwd', user);
  const gid = group === undefined ? account?.[3] : ((await entry('group', group))?.[2] ?? numeric(group));
  const uid = account?.[2] ?? numeric(user);
  // A number without an account has no group of its own: its number serves as both.
  const found = { uid: Number(uid), gid: Number(gid ?? (group === undefined ? uid : undefined)) };
  if (Number.isInteger(found.uid) && Number.isInteger(found.gid)) return found;
  throw new CommandError('ERR_NOT_FOUND', `'${owner}' is no user or group here: give user, user:group, or numbers`);
}

const numeric = (text: string): string | undefined => (/^\d{1,10}$/.test(text) ? text : undefined);

/** The fields of one line of a database; null when it has none of this name. */
async function entry(database: 'passwd' | 'group', name: string): Promise<readonly string[] | null> {
  if (!/^[\w][\w.-]*\$?$/.test(name)) return null;
  try {
    const { stdout } = await run('getent', [database, name]);
    return stdout.trimEnd().split(':');
  } catch {
    return null;
  }
}
