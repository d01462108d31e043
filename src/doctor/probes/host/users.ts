import { quoted } from '../../commands.js';
import type { Probe } from '../../finding.js';

export const users: Probe = ({ missingUsers }) =>
  missingUsers.map((user) => ({
    severity: 'error',
    what: `there is no user ${user}, whom the configuration names`,
    why: 'what is to run as this user does not run at all',
    command: `useradd --system --no-create-home --shell /usr/sbin/nologin ${quoted(user)}`,
  }));
