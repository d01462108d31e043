/** The packets that a firewall has to let through: one of each kind. */
import { advertFamily } from '../../../machines/vrrp/virtual-addresses.js';
import type { BackendConfig, CheckConfig, Config, ServiceConfig, VrrpInstanceConfig } from '../../../model/config.js';
import { type Family, familyOf, hostPort } from '../../../model/ip-address.js';
import type { Facts } from '../../facts.js';
import { type Hook, type Packet, protocolNumber, somePacket } from '../../firewall/ruleset.js';
import { instancesOf, servicesOf, usesIpvs, usesProxy } from '../../needs.js';

export type Passage = {
  /** What is told together. */
  readonly subject: string;
  readonly example: string;
  readonly why: string;
  readonly hooks: readonly Hook[];
  readonly packet: Packet;
};

const IN: readonly Hook[] = ['ingress', 'prerouting', 'input'];
const OUT: readonly Hook[] = ['output', 'postrouting'];
const VRRP = '112';
/** Of checks: more kinds of packets than that say nothing new. */
const MOST = 2000;

export function passagesOf(facts: Facts, config: Config | null): readonly Passage[] {
  if (config === null) {
    return ['ipv4' as const, 'ipv6' as const].flatMap((family) =>
      advertsOf('any interface', family, null, [null], null),
    );
  }
  return [
    ...instancesOf(config).flatMap(ofInstance),
    ...servicesOf(config)
      .flatMap((service) =>
        service.backends.flatMap((backend) => backend.checks.flatMap((check) => ofCheck(service, backend, check))),
      )
      .slice(0, MOST),
    ...(usesProxy(facts, config) || usesIpvs(facts, config) ? servicesOf(config).flatMap(ofClients) : []),
  ];
}

function ofInstance(instance: VrrpInstanceConfig): readonly Passage[] {
  const { name, interface: link, source, mode, peers } = instance;
  return advertsOf(name, advertFamily(instance), link, mode === 'unicast' ? peers : [null], source);
}

/** `peers`: null = to the multicast group. */
function advertsOf(
  example: string,
  family: Family,
  link: string | null,
  peers: readonly (string | null)[],
  source: string | null,
): readonly Passage[] {
  const group = family === 'ipv4' ? '224.0.0.18' : 'ff02::12';
  return peers.flatMap((peer): Passage[] => {
    const base: Packet = { ...somePacket, family, protocol: VRRP, pkttype: peer === null ? 'multicast' : 'host' };
    return [
      {
        subject: 'VRRP adverts that come in (protocol 112)',
        example,
        why: 'a backup that hears no adverts becomes a second master',
        hooks: IN,
        packet: { ...base, iif: link, saddr: peer, daddr: peer === null ? group : source },
      },
      {
        subject: 'VRRP adverts that go out (protocol 112)',
        example,
        why: 'the other node hears no adverts, and becomes a second master',
        hooks: OUT,
        packet: { ...base, oif: link, saddr: source, daddr: peer ?? group },
      },
    ];
  });
}

/** Checks that speak no TCP. */
const transports: Readonly<Record<string, string | null>> = {
  icmp: 'icmp',
  udp: 'udp',
  dns: 'udp',
  radius: 'udp',
  script: null,
  custom: null,
};

function ofCheck(
  service: ServiceConfig,
  { name, address, port: backendPort }: BackendConfig,
  { type, port }: CheckConfig,
): readonly Passage[] {
  const transport = Object.hasOwn(transports, type) ? transports[type] : 'tcp';
  if (transport == null) return [];
  const family = familyOf(address) ?? 'ipv4';
  const literal = familyOf(address) === null ? null : address;
  const protocol = transport === 'icmp' ? (family === 'ipv4' ? '1' : '58') : protocolNumber(transport);
  const dport = transport === 'icmp' ? null : String(port ?? backendPort);
  const example = `${type} ${dport === null ? address : hostPort(address, dport)}`;
  const base: Packet = { ...somePacket, family, protocol, pkttype: 'host' };
  const subject = `checks of service ${service.name}`;
  const why = `a check that is not answered takes the backend out, such as ${name}`;
  return [
    { subject: `the ${subject}`, example, why, hooks: OUT, packet: { ...base, daddr: literal, dport } },
    {
      subject: `the answers to ${subject}`,
      example,
      why,
      hooks: IN,
      packet: { ...base, saddr: literal, sport: dport, state: 'established' },
    },
  ];
}

function ofClients({ name, match }: ServiceConfig): readonly Passage[] {
  if (match.kind !== 'address') return [];
  const { address, port, protocol } = match;
  const family = familyOf(address) ?? 'ipv4';
  const packet: Packet = {
    ...somePacket,
    family,
    protocol: protocolNumber(protocol),
    daddr: address === '0.0.0.0' || address === '::' ? null : address,
    dport: String(port),
    pkttype: 'host',
  };
  return [
    {
      subject: `the clients of service ${name}`,
      example: `${protocol} ${hostPort(address, port)}`,
      why: 'they get no answer',
      hooks: IN,
      packet,
    },
  ];
}
