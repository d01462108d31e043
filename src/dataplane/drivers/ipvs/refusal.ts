/** Why the kernel refused a change, and what to do about it. Pure. */

import type { ChangeResult } from '../../../model/dataplane/change.js';
import { type Change, changeWords } from '../../../model/dataplane/change.js';
import { familyOf } from '../../../model/dataplane/table.js';
import type { RequestResult } from '../../../os/netlink/netlink.js';
import { schedulerModule } from './scheduler.js';

type Failed = Extract<ChangeResult, { ok: false }>;
type Explained = { readonly code: string; readonly because: string };

/** Another program's writes look like these, and a fresh look at the table is the answer. */
export const CONCURRENT_CODES: ReadonlySet<string> = new Set(['ENOENT', 'EEXIST']);

export function explainRefusal(
  change: Change,
  result: Exclude<RequestResult, { kind: 'done' }>,
  syncRuns: boolean,
): Failed {
  const { text } = changeWords(change);
  if (result.kind === 'unknown') {
    const because = `the kernel's answer was lost (${result.why}): the table is read again`;
    return { ok: false, code: 'ERR_UNKNOWN', message: `${text}: ${because}` };
  }
  const { code, because } = explain(change, result.code, syncRuns);
  const kernelWords = result.text === null ? '' : ` (kernel: ${result.text})`;
  return { ok: false, code, message: `${text}: ${because}${kernelWords}` };
}

function explain(change: Change, code: string, syncRuns: boolean): Explained {
  switch (code) {
    case 'EPERM':
      return { code, because: `EPERM: writing to IPVS needs CAP_NET_ADMIN` };
    case 'EEXIST':
      return { code, because: 'EEXIST: another program made it meanwhile: the table is read again' };
    case 'ESRCH':
      return { code: 'ENOENT', because: 'ESRCH: another program removed the service: the table is read again' };
    case 'ENOENT':
      return notFound(change);
    case 'EAFNOSUPPORT':
      return { code, because: "EAFNOSUPPORT: this kernel's IPVS was built without IPv6" };
    case 'EINVAL':
      return { code, because: invalid(change, syncRuns) };
    case 'ENOMEM':
    case 'ENOBUFS':
      return { code, because: `${code}: the kernel is short of memory` };
    default:
      return { code, because: code };
  }
}

function notFound(change: Change): Explained {
  if (change.kind === 'add-service' || change.kind === 'set-service') {
    const { scheduler } = change.service;
    const because = `ENOENT: the kernel has no scheduler "${scheduler}": run \`modprobe ${schedulerModule(scheduler)}\`, or use another one`;
    return { code: 'ERR_NO_SCHEDULER', because };
  }
  return { code: 'ENOENT', because: 'ENOENT: another program removed it: the table is read again' };
}

function invalid(change: Change, syncRuns: boolean): string {
  const destination = 'destination' in change ? change.destination : null;
  const mixed =
    destination !== null && destination.address.includes(':') !== (familyOf(change.service.match) === 'ipv6');
  if (mixed && syncRuns) {
    return 'EINVAL: IPVS joins IPv4 and IPv6 in one service only while no synchronisation daemon runs: remove dataplane.sync, or this backend';
  }
  return 'EINVAL: this kernel cannot hold it so';
}
