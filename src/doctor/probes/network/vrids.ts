import { advertFamily } from '../../../machines/vrrp/virtual-addresses.js';
import type { Config, VrrpInstanceConfig } from '../../../model/config.js';
import { addressText } from '../../../model/ip-address.js';
import { edit, quoted } from '../../commands.js';
import type { Facts, HeardAdvert } from '../../facts.js';
import type { Finding, Probe } from '../../finding.js';
import { instancesOf } from '../../needs.js';

/** Adverts that were heard: of peers, and of whoever else uses one of the VRIDs. */
export const vrids: Probe = (facts, config) => {
  const own = new Set(facts.links.flatMap(({ addresses }) => addresses.map(({ address }) => addressText(address))));
  return facts.heard.filter(({ source }) => !own.has(source)).flatMap((heard) => findingsOf(heard, facts, config));
};

function findingsOf(heard: HeardAdvert, facts: Facts, config: Config | null): readonly Finding[] {
  const { vrid, family, priority, version, source } = heard;
  const who = `${source} (version ${version}, priority ${priority}${heard.addresses.length === 0 ? '' : `, ${heard.addresses.join(' ')}`})`;
  const what = `VRID ${vrid} is spoken on ${heard.interface} by ${who}`;
  if (config === null) {
    return [
      {
        severity: 'info',
        what,
        why: 'a new virtual router on this network needs another VRID',
        command: `tcpdump -ni ${quoted(heard.interface)} ip proto 112`,
      },
    ];
  }
  const instance = instancesOf(config).find(
    (each) => each.interface === heard.interface && each.vrid === vrid && advertFamily(each) === family,
  );
  if (instance === undefined) return [];
  const configured = instance.addresses.map(({ address }) => address);
  const common = heard.addresses.filter((address) => configured.includes(address));
  const stranger = heard.addresses.length > 0 && common.length === 0;
  if (stranger || (instance.mode === 'unicast' && !instance.peers.includes(source))) {
    return [
      {
        severity: 'error',
        what: `vrrp instance ${instance.name}: ${what}`,
        why: `that is another virtual router${stranger ? '' : ' or no peer of this one'}: two with one VRID take each other's adverts for their own; ${freeVrid(facts, instance, config)} is free, to be written on both nodes`,
        command: moveCommand(facts, config, instance),
      },
    ];
  }
  if (version !== instance.version) {
    return [
      {
        severity: 'error',
        what: `vrrp instance ${instance.name}: ${what}`,
        why: `this node speaks version ${instance.version}: neither hears the other, and both would be master; \`version: ${version}\` here is the other way`,
        command: `sed -i "/^global_defs *{/a vrrp_version ${instance.version}" /etc/keepalived/keepalived.conf && systemctl restart keepalived`,
        where: source,
      },
    ];
  }
  const differs =
    heard.addresses.length > 0 && (common.length < configured.length || heard.addresses.length > common.length);
  if (!differs || family === 'ipv6') return [];
  return [
    {
      severity: 'warning',
      what: `vrrp instance ${instance.name}: ${what}`,
      why: `this node has ${configured.join(' ')}: after a failover some addresses answer no more`,
      command: edit(facts),
    },
  ];
}

function freeVrid(facts: Facts, instance: VrrpInstanceConfig, config: Config): number {
  const taken = new Set<number>([
    ...facts.heard.filter((heard) => heard.interface === instance.interface).map(({ vrid }) => vrid),
    ...instancesOf(config).map(({ vrid }) => vrid),
  ]);
  const all = Array.from({ length: 255 }, (_, index) => ((instance.vrid + index) % 255) + 1);
  return all.find((vrid) => !taken.has(vrid)) ?? instance.vrid;
}

/** In place where the number is there once. */
function moveCommand(facts: Facts, config: Config, instance: VrrpInstanceConfig): string {
  const once = instancesOf(config).filter(({ vrid }) => vrid === instance.vrid).length === 1;
  if (!once || facts.file === null) return edit(facts);
  const to = freeVrid(facts, instance, config);
  return `sed -Ei 's/("?vrid"? *[:=] *)${instance.vrid}\\b/\\1${to}/' ${quoted(facts.file)}`;
}
