/** Who may do what, as the configuration says it now. */
import { hostname } from 'node:os';
import type { Config } from '../../../model/config.js';
import type { Log } from '../../../model/observing/log.js';
import { type Access, isLoopback } from './guard.js';
import { readToken, type Token } from './token.js';

/** @throws ConfigError when the token file is named and not usable */
export function accessOf(config: Config, log: Log): Access {
  const { tokenFile, http } = config.control;
  let token: Token | null = null;
  if (tokenFile !== null) {
    const read = readToken(tokenFile);
    if (read.worldReadable) {
      log.warn({ file: tokenFile }, `every user of this machine can read the token: chmod 0600 ${tokenFile}`);
    }
    token = read.token;
  }
  const metrics = config.metrics.listen;
  const names = [http?.host ?? '', metrics?.host ?? '', hostname(), config.node.name];
  return {
    token,
    hostNames: names.filter((name) => name !== '').map((name) => name.toLowerCase()),
    loopbackOnly: { tcp: isLoopback(http?.host ?? ''), metrics: isLoopback(metrics?.host ?? '') },
  };
}
