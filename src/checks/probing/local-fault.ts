import type { Shortage } from '../../model/probe.js';

/**
 * System-call errors that are this host's fault and never the target's: what ran short, and what to do about it.
 * Kernel: errno(3); EADDRNOTAVAIL is what connect(2) says when no ephemeral port is left, and bind(2) of a `source`
 * address that this host does not have.
 */
const ownFaults = new Map<string, { readonly shortage: Shortage; readonly what: string }>([
  [
    'EMFILE',
    { shortage: 'descriptors', what: 'this process has no file descriptor left: raise its limit (LimitNOFILE)' },
  ],
  ['ENFILE', { shortage: 'descriptors', what: 'this host has no file descriptor left: raise fs.file-max' }],
  [
    'EADDRNOTAVAIL',
    {
      shortage: 'ports',
      what: 'no local address or ephemeral port: check `source` and net.ipv4.ip_local_port_range',
    },
  ],
  ['EADDRINUSE', { shortage: 'ports', what: 'no ephemeral port left: widen net.ipv4.ip_local_port_range' }],
  ['EAGAIN', { shortage: 'ports', what: 'no ephemeral port left: widen net.ipv4.ip_local_port_range' }],
  ['ENOBUFS', { shortage: 'buffers', what: 'the kernel has no buffer left: see net.core.wmem_max and free memory' }],
  ['ENOMEM', { shortage: 'buffers', what: 'the kernel has no memory left for sockets: see net.ipv4.tcp_mem' }],
  [
    'EPERM',
    {
      shortage: 'privilege',
      what: 'not permitted: a firewall rule, or a missing capability (CAP_NET_ADMIN for marks)',
    },
  ],
  ['EACCES', { shortage: 'privilege', what: 'not permitted: a missing capability (CAP_NET_RAW)' }],
]);

/** Null when the error says something about the target, or is not known. */
export function ownFault(code: string): { readonly shortage: Shortage; readonly message: string } | null {
  const fault = ownFaults.get(code);
  return fault === undefined ? null : { shortage: fault.shortage, message: `${code}: ${fault.what}` };
}
