/** Linux capabilities (capability(7)) of the calling thread. */
import { readFileSync } from 'node:fs';
import { MissingPrivilegeError } from '../../model/errors.js';

/** Bits of CapEff, from linux/capability.h. */
const bits = { CAP_NET_BIND_SERVICE: 10n, CAP_NET_ADMIN: 12n, CAP_NET_RAW: 13n, CAP_SYS_NICE: 23n } as const;
export type Capability = keyof typeof bits;

/** Reads /proc/thread-self/status; where that is not there, every capability counts as held: the call itself will tell. */
export function hasCapability(capability: Capability, status: string = readStatus()): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective === undefined || ((BigInt(`0x${effective}`) >> bits[capability]) & 1n) === 1n;
}

function readStatus(): string {
  try {
    return readFileSync('/proc/thread-self/status', 'utf8');
  } catch {
    return '';
  }
}

/** Throws MissingPrivilegeError, which names the capability, what it is for, and how to give it. */
export function requireCapability(capability: Capability, purpose: string, status?: string): void {
  if (hasCapability(capability, status)) return;
  throw new MissingPrivilegeError(
    capability,
    `${capability} is missing: ${purpose} needs it; run as root, or set AmbientCapabilities=${capability} in the systemd unit`,
  );
}
