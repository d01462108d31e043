import { hostPort } from '../../../model/ip-address.js';
import { edit, stop, sysctl } from '../../commands.js';
import type { BlockedListener, Facts } from '../../facts.js';
import type { Finding, Probe } from '../../finding.js';
import { instancesOf } from '../../needs.js';

export const listeners: Probe = (facts, config) => {
  const virtual = new Set(instancesOf(config).flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  return facts.blockedListeners.map((blocked) => findingOf(blocked, facts, virtual.has(blocked.host)));
};

function findingOf({ setting, host, port, code, holder }: BlockedListener, facts: Facts, virtual: boolean): Finding {
  const what = `${setting}: cannot listen on ${hostPort(host, port)}`;
  switch (code) {
    case 'EADDRINUSE':
      return {
        severity: 'error',
        what:
          holder === null
            ? `${what}: the port is taken`
            : `${what}: process ${holder.pid} (${holder.name}) has the port`,
        why: 'only one program can listen there: stop the other one, or choose another port',
        command: holder === null ? `ss -lntup 'sport = :${port}'` : stop(holder),
      };
    case 'EADDRNOTAVAIL':
      return {
        severity: 'error',
        what: `${what}: no interface has that address`,
        why: virtual
          ? 'a backup does not have the virtual address, and listens on it only where the kernel lets it'
          : 'listen on an address of this host',
        command: virtual ? sysctl([`net.${host.includes(':') ? 'ipv6' : 'ipv4'}.ip_nonlocal_bind`, 1]) : edit(facts),
      };
    case 'EACCES':
      return {
        severity: 'error',
        what: `${what}: not permitted`,
        why: 'ports below net.ipv4.ip_unprivileged_port_start are for those with CAP_NET_BIND_SERVICE',
        command: sysctl(['net.ipv4.ip_unprivileged_port_start', port]),
      };
    default:
      return {
        severity: 'error',
        what: `${what}: ${code}`,
        why: 'listen on an address of this host',
        command: edit(facts),
      };
  }
}
