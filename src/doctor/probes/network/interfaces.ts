import { advertFamily, configuredAddresses } from '../../../machines/vrrp/virtual-addresses.js';
import type { VrrpInstanceConfig } from '../../../model/config.js';
import { addressText } from '../../../model/ip-address.js';
import { nearest } from '../../../wire/text/nearest.js';
import { isLinkLocal } from '../../../wire/vrrp/advert.js';
import { edit, quoted } from '../../commands.js';
import type { Facts } from '../../facts.js';
import type { Finding, Probe } from '../../finding.js';
import { isInside } from '../../firewall/walk.js';
import { instancesOf, linkNamed } from '../../needs.js';

const FAULT = 'it stays in fault';
const HELD = 'its addresses and routes there are missing';

export const interfaces: Probe = (facts, config) => {
  const instances = instancesOf(config);
  const named = [
    ...instances.map((instance) => ({
      name: instance.interface,
      by: `vrrp instance ${instance.name}`,
      effect: FAULT,
    })),
    ...instances.flatMap(({ name, track }) =>
      track.flatMap((each) =>
        each.kind === 'interface' ? [{ name: each.interface, by: `vrrp instance ${name} (track)`, effect: FAULT }] : [],
      ),
    ),
    ...instances.flatMap((instance) =>
      [...configuredAddresses(instance), ...instance.routes].flatMap((each) =>
        each.interface == null ? [] : [{ name: each.interface, by: `vrrp instance ${instance.name}`, effect: HELD }],
      ),
    ),
    ...(config?.dataplane.sync == null
      ? []
      : [{ name: config.dataplane.sync.interface, by: 'dataplane.sync', effect: FAULT }]),
  ];
  const seen = new Set<string>();
  const missing = named.flatMap(({ name, by, effect }): readonly Finding[] => {
    if (seen.has(name)) return [];
    seen.add(name);
    return linkFinding(facts, name, by, effect);
  });
  return [...missing, ...instances.flatMap((instance) => addressFindings(facts, instance))];
};

function linkFinding(facts: Facts, name: string, by: string, effect: string): readonly Finding[] {
  const link = linkNamed(facts, name);
  if (link === null) {
    const near = nearest(
      name,
      facts.links.map((each) => each.name),
    );
    return [
      {
        severity: 'error',
        what: `${by}: there is no interface ${name}`,
        why: `${effect} until there is one${near === undefined ? '' : `; the nearest name here is ${near}`}`,
        command: edit(facts),
      },
    ];
  }
  if (link.running) return [];
  return [
    {
      severity: 'error',
      what: `${by}: the interface ${name} is ${link.up ? 'without a carrier' : 'down'}`,
      why: `${effect} until that is up`,
      command: link.up ? `ethtool ${quoted(name)}` : `ip link set ${quoted(name)} up`,
    },
  ];
}

function addressFindings(facts: Facts, instance: VrrpInstanceConfig): readonly Finding[] {
  const link = linkNamed(facts, instance.interface);
  if (link === null) return [];
  const family = advertFamily(instance);
  const virtual = new Set(configuredAddresses(instance).map(({ address }) => address));
  const own = link.addresses
    .map((each) => ({ ...each, text: addressText(each.address) ?? '' }))
    .filter((each) => each.family === family && !virtual.has(each.text));
  const what = `vrrp instance ${instance.name}`;
  const source = own.filter(({ address }) => family === 'ipv4' || isLinkLocal(address));
  const findings: Finding[] = [];
  if (instance.source === null && source.length === 0) {
    findings.push({
      severity: 'error',
      what: `${what}: ${link.name} has no ${family === 'ipv4' ? 'IPv4' : 'link-local IPv6'} address of its own`,
      why: 'adverts have no address to come from: write one as `source`, or give the interface one',
      command:
        family === 'ipv4'
          ? `ip addr add ADDRESS/24 dev ${quoted(link.name)}`
          : `ip link set ${quoted(link.name)} addrgenmode eui64`,
    });
  }
  const everywhere = new Set(facts.links.flatMap((each) => each.addresses.map(({ address }) => addressText(address))));
  if (instance.source !== null && !everywhere.has(instance.source)) {
    findings.push({
      severity: 'error',
      what: `${what}: no interface has the source ${instance.source}`,
      why: 'adverts from it come back to nobody, and a unicast peer drops them',
      command: edit(facts),
    });
  }
  const outside = instance.addresses.filter(({ address, prefixLength, interface: elsewhere }) => {
    if (elsewhere !== undefined && elsewhere !== link.name) return false;
    const linkLocal = /^fe[89ab]/.test(address);
    const covered = own.some((each) => isInside(address, each.text, each.prefixLength));
    // A host address of its own may be meant for routers that know the way.
    return !linkLocal && !covered && own.length > 0 && prefixLength < (family === 'ipv4' ? 32 : 128);
  });
  if (outside.length > 0) {
    findings.push({
      severity: 'warning',
      what: `${what}: ${outside.map(({ address }) => address).join(', ')} ${outside.length === 1 ? 'is' : 'are'} in no network of ${link.name}`,
      why: `nobody there asks for it: the networks of ${link.name} are ${own.map(({ text, prefixLength }) => `${text}/${prefixLength}`).join(', ')}`,
      command: edit(facts),
    });
  }
  return findings;
}
