import { configuredAddresses } from '../../../machines/vrrp/virtual-addresses.js';
import { addressText } from '../../../model/ip-address.js';
import { sysctl } from '../../commands.js';
import type { Facts } from '../../facts.js';
import type { Finding, Probe } from '../../finding.js';
import { isInside } from '../../firewall/walk.js';
import { instancesOf, interfaceSetting, isEthernet, linkNamed, servicesOf } from '../../needs.js';

const mend = sysctl(['net.ipv4.conf.all.arp_ignore', 1], ['net.ipv4.conf.all.arp_announce', 2]);

/** Who answers ARP for addresses of this host. */
export const arp: Probe = (facts, config) => {
  const links = facts.links.filter(isEthernet);
  const careless = links
    .filter(({ name }) => interfaceSetting(facts, name, 'arp_ignore') === 0)
    .map(({ name }) => name);
  if (careless.length === 0) return [];
  const virtual = new Set([
    ...instancesOf(config)
      .flatMap(configuredAddresses)
      .map(({ address }) => address),
    ...servicesOf(config).flatMap(({ match }) => (match.kind === 'address' ? [match.address] : [])),
  ]);
  const findings: Finding[] = ipv4Of(facts, 'lo')
    .filter(({ address }) => !address.startsWith('127.'))
    .map(({ address }) => ({
      severity: virtual.has(address) ? 'error' : 'warning',
      what: `${address} is on lo, and arp_ignore is 0 on ${careless.join(', ')}`,
      why: 'as a backend of direct return this host answers ARP for the virtual address, and takes the clients off the balancer',
      command: mend,
    }));
  const shared = sharedNetwork(
    facts,
    links.map(({ name }) => name),
  );
  if (shared !== null && careless.includes(shared[0])) {
    findings.push({
      severity: 'warning',
      what: `${shared.join(' and ')} are in one network, and arp_ignore is 0`,
      why: 'each of them answers ARP for the addresses of the other: traffic for a virtual address may come in by the wrong one',
      command: mend,
    });
  }
  return findings;
};

const ipv4Of = (facts: Facts, name: string) =>
  (linkNamed(facts, name)?.addresses ?? [])
    .filter(({ family }) => family === 'ipv4')
    .map(({ address, prefixLength }) => ({ address: addressText(address) ?? '', prefixLength }));

/** Two interfaces of which one's address is in the network of the other. */
function sharedNetwork(facts: Facts, names: readonly string[]): readonly [string, string] | null {
  for (const [index, first] of names.entries()) {
    for (const second of names.slice(index + 1)) {
      const both = ipv4Of(facts, first).some((one) =>
        ipv4Of(facts, second).some(
          (two) => one.prefixLength < 32 && isInside(two.address, one.address, one.prefixLength),
        ),
      );
      if (both) return [first, second];
    }
  }
  return null;
}
