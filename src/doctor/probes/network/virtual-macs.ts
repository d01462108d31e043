import { isMacvlanOf, virtualInterface } from '../../../machines/virtual-mac/virtual-interface.js';
import { edit, installModules, quoted, sysctl } from '../../commands.js';
import type { Finding, Probe } from '../../finding.js';
import { instancesOf, interfaceSetting, linkNamed } from '../../needs.js';

/** What instances with a virtual MAC address need. */
export const virtualMacs: Probe = (facts, config) => {
  const instances = instancesOf(config).filter(({ vmac }) => vmac !== false);
  if (instances.length === 0) return [];
  const { modules, versions } = facts;
  const names = instances.map(({ name }) => name).join(', ');
  const findings: Finding[] = [];
  // Without a list of modules nobody can tell.
  if (modules.available.size > 0 && !modules.present.has('macvlan') && !modules.available.has('macvlan')) {
    findings.push({
      severity: 'error',
      what: `this kernel (${versions.kernel}) has no module macvlan`,
      why: `instances with \`vmac\` (${names}) stay in fault`,
      command: installModules(versions.kernel),
    });
  }
  if (interfaceSetting(facts, 'all', 'arp_filter') === 1) {
    findings.push({
      severity: 'error',
      what: 'net.ipv4.conf.all.arp_filter is 1',
      why: `the interfaces that \`vmac\` makes (${names}) answer no ARP request: the way back to clients is not theirs`,
      command: sysctl(['net.ipv4.conf.all.arp_filter', 0]),
    });
  }
  return [...findings, ...instances.flatMap((instance) => takenName(facts, instance))];
};

function takenName(facts: Parameters<Probe>[0], instance: Parameters<typeof virtualInterface>[0]): readonly Finding[] {
  const wanted = virtualInterface(instance);
  const link = wanted === null ? null : linkNamed(facts, wanted.name);
  if (wanted === null || link === null || isMacvlanOf(link, wanted.hardware)) return [];
  return [
    {
      severity: 'error',
      what: `vrrp instance ${instance.name}: an interface ${wanted.name} is there already`,
      why: `Fulcrum makes one of that name: remove it (ip link delete ${quoted(wanted.name)}), or name another one in \`vmac\``,
      command: edit(facts),
    },
  ];
}
