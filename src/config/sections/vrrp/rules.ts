/** What holds between VRRP instances, and inside each (RFC 9568). */
import { familyOf, noNodesAddress } from '../../../model/ip-address.js';
import { type Report, type Steps, type Subject, Unique } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import { addressLength, MAX_ADVERT_ADDRESSES, OWNER_PRIORITY, VRRP_HEADER_BYTES } from '../../../wire/vrrp/advert.js';
import { TRAILER_BYTES } from '../../../wire/vrrp/trailer.js';
import { authenticationRules } from './authentication.js';
import { familyOfInstance } from './family.js';
import { heldAddressRules } from './held-addresses.js';
import { routingRules } from './routing.js';
import type { InstanceDocument, VrrpDocument } from './schema.js';
import { syncGroupRules } from './sync-groups.js';
import { scriptRules, type Trackable, trackRules } from './tracking.js';
import { versionRules } from './versions.js';
import { VmacRules } from './vmac-rules.js';

type InstanceDraft = Draft<InstanceDocument>;
type VrrpSubject = Subject<{
  readonly vrrp?: Draft<VrrpDocument> | undefined;
  readonly services?: readonly ({ readonly name?: string | undefined } | undefined)[] | undefined;
}>;

/** What an interface carries at least, wherever nobody has set it lower: 255 IPv4 addresses fit, 91 IPv6 addresses do not. */
const ETHERNET_MTU = 1500;
const IPV6_HEADER_BYTES = 40;

export const vrrpRules = (subject: VrrpSubject, report: Report): void => {
  const names = new Unique(report);
  const routers = new Unique(report);
  const owned = new Unique(report);
  const routes = new Unique(report);
  const virtual = new VmacRules(report);
  const { vrrp, services } = subject.document;
  const known: Trackable = {
    service: services?.flatMap((service) => service?.name ?? []) ?? [],
    script: Object.keys(vrrp?.scripts ?? {}),
    process: Object.keys(vrrp?.processes ?? {}),
    file: Object.keys(vrrp?.files ?? {}),
  };
  scriptRules(vrrp?.scripts, report);
  vrrp?.instances?.forEach((instance, index) => {
    if (instance === undefined) return;
    const path = ['vrrp', 'instances', index];
    names.add(instance.name, [...path, 'name'], (first) => `the name '${instance.name}' is taken by ${first}`);
    // IPv4 and IPv6 routers with one VRID are different routers (RFC 9568 section 5.2.3).
    const { interface: link, vrid } = instance;
    const router =
      link === undefined || vrid === undefined ? undefined : `${link} ${vrid} ${familyOfInstance(instance)}`;
    routers.add(router, [...path, 'vrid'], (first) => `VRID ${vrid} is already used on ${link}: ${first}`);
    heldAddressRules(instance.addresses, [...path, 'addresses'], owned, report);
    heldAddressRules(instance.extra_addresses, [...path, 'extra_addresses'], owned, report);
    routingRules(instance, path, routes, report);
    addresses(instance, path, subject, report);
    peers(instance, path, report);
    ownAddresses(instance, path, report);
    authenticationRules(instance.authentication, instance.dialect ?? 'rfc', [...path, 'authentication'], report);
    versionRules(instance, familyOfInstance(instance), subject.document.vrrp?.version, path, report);
    if (instance.preempt === false && (instance.preempt_delay ?? 0) > 0) {
      report.warning([...path, 'preempt_delay'], "without 'preempt: true' this has no effect");
    }
    secondBurst(instance, path, report);
    trackRules(instance, path, known, report);
    virtual.add(instance, familyOfInstance(instance), path);
  });
  syncGroupRules(vrrp, known, report);
};

const secondBurst = ({ gratuitous }: InstanceDraft, path: Steps, report: Report): void => {
  const { repeat_after: after = 0, repeat_count: count = 0 } = gratuitous ?? {};
  if (after > 0 === count > 0) return;
  const [given, other] = after > 0 ? ['repeat_after', 'repeat_count'] : ['repeat_count', 'repeat_after'];
  report.warning([...path, 'gratuitous', given], `without '${other}' this has no effect`);
};

const addresses = (instance: InstanceDraft, path: Steps, subject: VrrpSubject, report: Report): void => {
  const family = familyOfInstance(instance);
  if (instance.dialect === 'rfc' && !subject.has([...path, 'addresses', 0])) {
    report.error(
      path,
      'missing: an instance needs addresses, such as [10.0.0.100/24] (only the dialect seesaw does without)',
    );
  }
  instance.addresses?.forEach((entry, index) => {
    if (entry?.address === undefined || familyOf(entry.address) === family) return;
    report.error(
      [...path, 'addresses', index],
      'one instance has addresses of one family: write another instance for it',
    );
  });
  countAddresses(instance, path, report);
  if (instance.source && familyOf(instance.source) !== family) {
    report.error([...path, 'source'], "the source must be of the addresses' family");
  }
  const held = [...(instance.addresses ?? []), ...(instance.extra_addresses ?? [])];
  const isVirtual = (address: string) => held.some((entry) => entry?.address === address);
  if (instance.source && isVirtual(instance.source) && instance.priority !== OWNER_PRIORITY) {
    const what = `${instance.source} is one of the virtual addresses, which a backup does not have`;
    report.error([...path, 'source'], `${what}: an address of this node's own is allowed`);
  }
  instance.peers?.forEach((peer, index) => {
    if (peer === undefined || !isVirtual(peer)) return;
    const what = `${peer} is one of the virtual addresses, which may be this node's`;
    report.error([...path, 'peers', index], `${what}: an address of the other node's own is allowed`);
  });
};

/** An advert lists them all, and with IPv6 the link-local one that is added where none is configured (RFC 9568 section 5.2.9). */
const countAddresses = (instance: InstanceDraft, path: Steps, report: Report): void => {
  const listed = instance.addresses ?? [];
  if (instance.dialect === 'seesaw') return;
  const isLinkLocal = (address: string | undefined) => address !== undefined && /^fe[89ab][0-9a-f]:/u.test(address);
  const ipv6 = familyOfInstance(instance) === 'ipv6';
  const added = ipv6 && !listed.some((entry) => isLinkLocal(entry?.address));
  const room = MAX_ADVERT_ADDRESSES - (added ? 1 : 0);
  if (listed.length > room) {
    const why = added ? `${room} beside the link-local address that is added` : `${room}`;
    report.error(
      [...path, 'addresses'],
      `${listed.length} addresses: an advert has room for ${why}; make two instances`,
    );
    return;
  }
  const trailer = instance.authentication?.type === 'hmac' ? TRAILER_BYTES : 0;
  const list = (listed.length + (added ? 1 : 0)) * addressLength('ipv6');
  const bytes = IPV6_HEADER_BYTES + VRRP_HEADER_BYTES + list + trailer;
  if (!ipv6 || bytes <= ETHERNET_MTU) return;
  const what = `${listed.length} addresses make adverts of ${bytes} bytes, which are never split`;
  report.warning([...path, 'addresses'], `${what}: the interface needs an MTU of that size, or make two instances`);
};

const peers = (instance: InstanceDraft, path: Steps, report: Report): void => {
  const family = familyOfInstance(instance);
  if (instance.mode === 'unicast' && instance.peers?.length === 0) {
    report.error(path, 'missing: mode unicast needs peers, such as [10.0.0.3]');
  }
  instance.peers?.forEach((peer, index) => {
    if (peer === undefined) return;
    const at = [...path, 'peers', index];
    if (familyOf(peer) !== family) report.error(at, "a peer must be of the addresses' family");
    if (peer === instance.source) report.error(at, 'a node is not its own peer: this is the source');
    if (instance.peers?.indexOf(peer) !== index) report.error(at, `the peer ${peer} is given twice`);
  });
};

/** Adverts go from one node to another: whatever is nobody's own address fails at run time, or reaches the wrong ones. */
const ownAddresses = (instance: InstanceDraft, path: Steps, report: Report): void => {
  const refuse = (address: string | null | undefined, at: Steps, whose: string): void => {
    const what = address ? noNodesAddress(address) : null;
    if (what !== null) report.error(at, `${address} is ${what}: an address of ${whose} own is allowed`);
  };
  refuse(instance.source, [...path, 'source'], "this node's");
  instance.peers?.forEach((peer, index) => {
    refuse(peer, [...path, 'peers', index], "the other node's");
  });
};
