import { sysctl } from '../../commands.js';
import { type Probe, unlessSure } from '../../finding.js';
import { interfaceSetting, isEthernet, servicesOf, usesIpvs } from '../../needs.js';

const STRICT = 1;
const LOOSE = 2;

/** With one interface there is only one way back. */
export const rpFilter: Probe = (facts, config) => {
  const links = facts.links.filter(
    (link) => isEthernet(link) && link.addresses.some(({ family }) => family === 'ipv4'),
  );
  const oneWay = servicesOf(config).some(({ forwarding }) => forwarding !== 'nat');
  if (links.length < 2 || !usesIpvs(facts, config) || (config !== null && !oneWay)) return [];
  const strict = links.filter(({ name }) => interfaceSetting(facts, name, 'rp_filter') === STRICT);
  if (strict.length === 0) return [];
  return [
    {
      severity: unlessSure(config, 'warning'),
      what: `rp_filter is strict on ${strict.map(({ name }) => name).join(', ')}`,
      why: 'with `forwarding: dsr` or `tun` the answers take another way than the requests: what comes in by an interface that the way back does not lead to is dropped',
      // The kernel takes the larger of `all` and the interface's own.
      command: sysctl(['net.ipv4.conf.all.rp_filter', LOOSE]),
    },
  ];
};
