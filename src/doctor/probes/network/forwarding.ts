import type { Family } from '../../../model/ip-address.js';
import { sysctl } from '../../commands.js';
import { type Probe, unlessSure } from '../../finding.js';
import { familyOfService, servicesOf, usesIpvs } from '../../needs.js';

const settings: Readonly<Record<Family, string>> = {
  ipv4: 'net.ipv4.ip_forward',
  ipv6: 'net.ipv6.conf.all.forwarding',
};

export const forwarding: Probe = (facts, config) => {
  if (!usesIpvs(facts, config)) return [];
  const nat = servicesOf(config).filter((service) => service.forwarding === 'nat');
  const families: readonly Family[] = config === null ? ['ipv4'] : [...new Set(nat.map(familyOfService))];
  return families.flatMap((family) => {
    const setting = settings[family];
    if (facts.sysctls.get(setting) !== '0') return [];
    const names = nat.filter((service) => familyOfService(service) === family).map(({ name }) => name);
    return [
      {
        severity: unlessSure(config, 'error'),
        what: `${setting} is 0`,
        why: `with \`forwarding: nat\`${names.length === 0 ? '' : ` (${some(names)})`} the answers of the backends go through this host, and are not passed on`,
        command: sysctl([setting, 1]),
      },
    ];
  });
};

const some = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
