import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where commands are looked for: Debian keeps daemons and PostgreSQL's servers out of a user's PATH; and npx puts packages'
 * commands in front of it, of which one is called `nft` and is not nftables.
 */
export function toolPath(): string {
  const postgres = '/usr/lib/postgresql';
  const versions = existsSync(postgres) ? readdirSync(postgres).sort().reverse() : [];
  const extra = ['/usr/sbin', '/sbin', '/usr/local/sbin', ...versions.map((version) => join(postgres, version, 'bin'))];
  const own = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.endsWith('node_modules/.bin'));
  return [...own, ...extra].join(':');
}
