/** What the embedded proxy can do of what a service may ask for. */

import type { Entry } from '../../../model/dataplane/table.js';
import { isUnnamedFlag, proxySchedulers } from '../../../wire/ipvs/types.js';
import type { Acceptance } from '../../driver.js';

export function canServe(entry: Entry): Acceptance {
  const { match, scheduler } = entry.service;
  const refused = (reason: string): Acceptance => ({ kind: 'refused', reason });
  if (match.kind === 'fwmark') {
    return refused(`the proxy serves addresses, not firewall marks (fwmark ${match.fwmark}): use driver ipvs`);
  }
  if (match.protocol === 'sctp') return refused('the proxy serves tcp and udp, not sctp: use driver ipvs');
  if (!proxySchedulers.some((name) => name === scheduler)) {
    return refused(
      `the proxy has no scheduler ${scheduler}, only ${proxySchedulers.join(' ')}: use one, or driver ipvs`,
    );
  }
  const unknown = entry.service.schedulerFlags.filter(isUnnamedFlag);
  if (unknown.length > 0) {
    return refused(
      `the proxy gives no meaning to ${unknown.join(', ')}, only to ${scheduler}'s named flags: leave it out, or use driver ipvs`,
    );
  }
  return { kind: 'accepted', entry };
}
