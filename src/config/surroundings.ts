import { availableParallelism, homedir, hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What defaults depend on besides the document. */
export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** 0: the paths of the system, else those of the user. */
  readonly uid: number;
  readonly hostname: string;
  readonly processors: number;
  readonly homeDir: string;
  readonly tmpDir: string;
};

/** This process's, with the given environment: none where a host embeds a runtime and hands none over. */
export const surroundings = (env: Surroundings['env'] = {}): Surroundings => ({
  env,
  uid: process.getuid?.() ?? 0,
  hostname: hostname(),
  processors: availableParallelism(),
  homeDir: homedir(),
  tmpDir: tmpdir(),
});

/** `/var/lib/fulcrum`; for a user the XDG state directory. */
export const defaultStateDir = ({ uid, env, homeDir }: Surroundings): string =>
  uid === 0 ? '/var/lib/fulcrum' : join(absolute(env['XDG_STATE_HOME']) ?? join(homeDir, '.local', 'state'), 'fulcrum');

/** `/run/fulcrum/fulcrum.sock`; for a user in the XDG runtime directory, or in one of the user's own under /tmp. */
export const defaultControlSocket = ({ uid, env, tmpDir }: Surroundings): string => {
  if (uid === 0) return '/run/fulcrum/fulcrum.sock';
  const runtimeDir = absolute(env['XDG_RUNTIME_DIR']);
  return runtimeDir === null
    ? join(tmpDir, `fulcrum-${uid}`, 'fulcrum.sock')
    : join(runtimeDir, 'fulcrum', 'fulcrum.sock');
};

/** The XDG rules ignore relative paths. */
const absolute = (path: string | undefined): string | null => (path?.startsWith('/') ? resolve(path) : null);
