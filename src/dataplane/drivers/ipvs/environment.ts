/** Settings of the kernel without which checks through IPVS cannot work. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const IPV4_SETTINGS = '/proc/sys/net/ipv4/conf';

/**
 * A backend answers a DSR or TUN probe from the virtual IP. While this node has that address, the kernel takes the answer
 * for a forgery and drops it, unless accept_local is on for the interface (or for all). Answers with what to do, null where
 * it is on somewhere: which interface the answers come by cannot be told from here. IPv6 has no such rule.
 */
export function markedProbeHindrance(settings: string = IPV4_SETTINGS): string | null {
  let interfaces: readonly string[];
  try {
    interfaces = readdirSync(settings).filter((name) => name !== 'default' && name !== 'lo');
  } catch {
    return null;
  }
  if (interfaces.length === 0 || interfaces.some((name) => isOn(join(settings, name, 'accept_local')))) return null;
  return 'DSR and TUN checks fail while this node has the virtual IP, for the kernel drops the answers, which come from that address: sysctl -w net.ipv4.conf.all.accept_local=1';
}

function isOn(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').trim() !== '0';
  } catch {
    return false;
  }
}
