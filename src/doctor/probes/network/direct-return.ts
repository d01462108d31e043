import type { ServiceConfig } from '../../../model/config.js';
import { addressText, familyOf } from '../../../model/ip-address.js';
import { edit, sysctl } from '../../commands.js';
import type { Facts } from '../../facts.js';
import type { Finding, Probe } from '../../finding.js';
import { isInside } from '../../firewall/walk.js';
import { allChecks, servicesOf, usesIpvs } from '../../needs.js';

/** What services with `forwarding: dsr` ask of their backends, and checks through the virtual address of this host. */
export const directReturn: Probe = (facts, config) => {
  const services = usesIpvs(facts, config) ? servicesOf(config).filter(({ forwarding }) => forwarding === 'dsr') : [];
  return [
    ...checksOf(facts, config),
    ...services.flatMap((service) => [...farBackends(facts, service), ...hint(service)]),
  ];
};

function checksOf(facts: Facts, config: Parameters<Probe>[1]): readonly Finding[] {
  const marked = allChecks(config).some(({ mode }) => mode !== 'plain');
  const accepts = [...facts.sysctls].some(
    ([name, value]) => /^net\.ipv4\.conf\.(?!default|lo\b).*\.accept_local$/.test(name) && value !== '0',
  );
  if (!marked || accepts) return [];
  return [
    {
      severity: 'error',
      what: 'accept_local is 0 on every interface',
      why: 'checks with `mode: dsr` or `tun` fail while this node has the virtual address: the kernel drops the answers, which come from that address',
      command: sysctl(['net.ipv4.conf.all.accept_local', 1]),
    },
  ];
}

/** Direct return changes only the hardware address, so that backends are neighbours. */
function farBackends(facts: Facts, { name, backends }: ServiceConfig): readonly Finding[] {
  const networks = facts.links.flatMap((link) => link.addresses);
  const near = (address: string) =>
    networks.some((own) => isInside(address, addressText(own.address) ?? '', own.prefixLength));
  const far = backends.filter(({ address }) => familyOf(address) !== null && !near(address));
  if (far.length === 0) return [];
  return [
    {
      severity: 'error',
      what: `${name}: ${far.map(({ address }) => address).join(', ')} ${far.length === 1 ? 'is' : 'are'} in no network of this host`,
      why: '`forwarding: dsr` reaches neighbours on one segment alone: write `forwarding: tun` or `nat` for backends behind a router',
      command: edit(facts),
    },
  ];
}

function hint({ name, match }: ServiceConfig): readonly Finding[] {
  if (match.kind !== 'address') return [];
  const ipv6 = familyOf(match.address) === 'ipv6';
  const add = `ip addr replace ${match.address}/${ipv6 ? 128 : 32} dev lo`;
  const quiet = sysctl(['net.ipv4.conf.all.arp_ignore', 1], ['net.ipv4.conf.all.arp_announce', 2]);
  return [
    {
      severity: 'info',
      what: `${name}: each backend needs ${match.address}, and must not answer ${ipv6 ? 'neighbour solicitations' : 'ARP'} for it`,
      why: 'that cannot be seen from here; a backend that answers takes the clients off the balancer',
      command: ipv6 ? add : `${quiet} && ${add}`,
      where: `each backend of ${name}`,
    },
  ];
}
