/** What the embedded proxy cannot do of what a service may ask for. Pure. */

import type { Entry } from '../../../model/dataplane/table.js';
import { isUnnamedFlag, proxySchedulers } from '../../../wire/ipvs/types.js';
import type { ServiceOptions, Shortcoming } from '../../descriptor.js';
import type { Acceptance } from '../../driver.js';

export function shortcomings(service: ServiceOptions): readonly Shortcoming[] {
  const { fwmark, protocol, scheduler, forwarding } = service;
  const found: Shortcoming[] = [];
  const refuse = (what: string, ...at: Shortcoming['at']) =>
    found.push({ at, kind: 'refused', message: `the driver proxy ${what}` });
  if (fwmark !== undefined) refuse('knows no firewall marks: give an address, or use driver ipvs', 'fwmark');
  if (protocol === 'sctp') refuse('does tcp and udp only: use one, or driver ipvs', 'protocol');
  if (scheduler !== undefined && !proxySchedulers.some((name) => name === scheduler)) {
    refuse(`does not know '${scheduler}': one of ${proxySchedulers.join(', ')}, or driver ipvs`, 'scheduler');
  }
  service.scheduler_flags?.forEach((flag, index) => {
    if (flag === undefined || !isUnnamedFlag(flag)) return;
    refuse(`does not know '${flag}': sh-fallback, sh-port, mh-fallback, mh-port are allowed`, 'scheduler_flags', index);
  });
  const ignore = (way: string | null | undefined, ...at: Shortcoming['at']) => {
    if (way !== 'dsr' && way !== 'tun') return;
    const message = `the driver proxy always forwards as nat does: '${way}' has no effect`;
    found.push({ at: [...at, 'forwarding'], kind: 'ignored', message });
  };
  ignore(forwarding);
  for (const [index, backend] of service.backends?.entries() ?? []) ignore(backend?.forwarding, 'backends', index);
  ignore(service.sorry?.forwarding, 'sorry');
  return found;
}

export function canServe(entry: Entry): Acceptance {
  const { match, scheduler, schedulerFlags } = entry.service;
  const fwmark = match.kind === 'fwmark' ? match.fwmark : undefined;
  const options = { fwmark, protocol: match.protocol, scheduler, scheduler_flags: schedulerFlags };
  const refusal = shortcomings(options).find(({ kind }) => kind === 'refused');
  return refusal === undefined ? { kind: 'accepted', entry } : { kind: 'refused', reason: refusal.message };
}
