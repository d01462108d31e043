import { sysctl } from '../../commands.js';
import { type Probe, unlessSure } from '../../finding.js';
import { allChecks } from '../../needs.js';

export const ping: Probe = ({ rights: { gids, capabilities }, sysctls }, config) => {
  const wanted = config === null || allChecks(config).some(({ type }) => type === 'icmp');
  const range = sysctls.get('net.ipv4.ping_group_range');
  if (!wanted || range === undefined || capabilities.has('CAP_NET_RAW')) return [];
  const [low = 1, high = 0] = range.split(/\s+/).map(Number);
  if (gids.some((gid) => gid >= low && gid <= high)) return [];
  return [
    {
      severity: unlessSure(config, 'error'),
      what: `net.ipv4.ping_group_range is "${range.replace(/\s+/g, ' ')}", without a group of this user, who has no CAP_NET_RAW`,
      why: 'icmp checks cannot send: each of them ends with an error',
      command: sysctl(['net.ipv4.ping_group_range', '0 2147483647']),
    },
  ];
};
