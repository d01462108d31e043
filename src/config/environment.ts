import { availableParallelism, homedir, hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Environment } from '../model/load-options.js';

/** This process's, with the given environment: none where a host embeds a runtime and hands none over. */
export const readEnvironment = (env: Environment['env'] = {}): Environment => ({
  env,
  uid: process.getuid?.() ?? 0,
  hostname: hostname(),
  processors: availableParallelism(),
  homeDir: homedir(),
  tmpDir: tmpdir(),
});

/** `/var/lib/fulcrum`; for a user the XDG state directory. */
export const defaultStateDir = ({ uid, env, homeDir }: Environment): string =>
  uid === 0 ? '/var/lib/fulcrum' : join(absolute(env['XDG_STATE_HOME']) ?? join(homeDir, '.local', 'state'), 'fulcrum');

/** `/run/fulcrum/fulcrum.sock`; for a user in the XDG runtime directory, or in one of the user's own under /tmp. */
export const defaultControlSocket = ({ uid, env, tmpDir }: Environment): string => {
  if (uid === 0) return '/run/fulcrum/fulcrum.sock';
  const runtimeDir = absolute(env['XDG_RUNTIME_DIR']);
  return runtimeDir === null
    ? join(tmpDir, `fulcrum-${uid}`, 'fulcrum.sock')
    : join(runtimeDir, 'fulcrum', 'fulcrum.sock');
};

/** The XDG rules ignore relative paths. */
const absolute = (path: string | undefined): string | null => (path?.startsWith('/') ? resolve(path) : null);
