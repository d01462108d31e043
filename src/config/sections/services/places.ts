/** Where a service is: an address and a port, several of them, or a firewall mark. */
import { addressesIn, parseRange, rangeSize } from '../../../model/address-range.js';
import { hostPort } from '../../../model/ip-address.js';
import type { Port } from '../../../model/units.js';
import { pathText, type Steps, type Unique } from '../../../schema/report.js';
import { MAX_DESTINATIONS, MAX_PLACES } from '../../limits.js';
import type { ServiceDraft, ServiceScope } from './scope.js';

/** What of a service says where it is. */
export type PlacedService = Pick<ServiceDraft, 'address' | 'addresses' | 'port' | 'ports'>;

/** As written: an address, or a range of them. */
const addressesOf = ({ address, addresses }: PlacedService): readonly (string | undefined)[] =>
  addresses ?? (address === undefined ? [] : [address]);
const portsOf = ({ port, ports }: PlacedService): readonly (Port | undefined)[] =>
  ports ?? (port === undefined ? [] : [port]);

/** Ports, of which a backend without one of its own takes the one that the client asked for. */
export const servicePorts = (service: PlacedService): readonly Port[] =>
  portsOf(service).filter((port) => port !== undefined);

const sizeOf = (service: PlacedService): number => {
  const addresses = addressesOf(service).map((text) => (text === undefined ? null : parseRange(text)));
  const sum = addresses.reduce((count, range) => count + (range === null ? 0n : rangeSize(range)), 0n);
  return Number(sum) * portsOf(service).length;
};

/** Each address with each port, as far as they are allowed, with the option that names it. */
export function* placesOf(service: PlacedService) {
  let count = 0;
  for (const [index, text] of addressesOf(service).entries()) {
    const range = text === undefined ? null : parseRange(text);
    const at =
      service.addresses === undefined ? [service.ports === undefined ? 'port' : 'ports'] : ['addresses', index];
    for (const address of range === null ? [] : addressesIn(range)) {
      for (const port of servicePorts(service)) {
        count += 1;
        if (count > MAX_PLACES) return;
        yield { address, port, at };
      }
    }
  }
}

export const placeRules = (service: ServiceDraft, path: Steps, scope: ServiceScope, places: Unique): void => {
  identity(service, path, scope);
  families(service, path, scope);
  mastership(service, path, scope);
  const size = sizeOf(service);
  const at = [...path, service.addresses === undefined ? 'ports' : 'addresses'];
  if (size > MAX_PLACES) {
    scope.report.error(at, `${size} addresses and ports together: at most ${MAX_PLACES} of one service are allowed`);
    return;
  }
  const destinations = size * (service.backends?.length ?? 0);
  if (destinations > MAX_DESTINATIONS) {
    const message = `${size} addresses and ports with ${service.backends?.length} backends each are ${destinations} destinations`;
    scope.report.error(at, `${message}: at most ${MAX_DESTINATIONS} of one service are allowed`);
    return;
  }
  unique(service, path, places);
};

/** `checks_when: master` follows the VRRP instances that bring the addresses. */
const mastership = (service: ServiceDraft, path: Steps, { subject, report }: ServiceScope): void => {
  if (service.checks_when !== 'master') return;
  const at = [...path, 'checks_when'];
  if (service.fwmark !== undefined) {
    report.error(
      at,
      'master follows the addresses of VRRP instances, and a fwmark service has none: always is allowed',
    );
    return;
  }
  const virtual = new Set(
    subject.document.vrrp?.instances?.flatMap((instance) =>
      [...(instance?.addresses ?? []), ...(instance?.extra_addresses ?? [])].map((each) => each?.address),
    ),
  );
  for (const { address } of placesOf(service)) if (virtual.has(address)) return;
  report.error(at, 'no VRRP instance has an address of this service, so it would never be checked: always is allowed');
};

/** What makes a service the same to the kernel as another. */
const unique = (service: ServiceDraft, path: Steps, places: Unique): void => {
  const { fwmark, protocol, family } = service;
  const taken = (key: string) => (first: string) =>
    `${key} is already served by ${first.replace(/\.[a-z]+(\[\d+\])?$/u, '')}`;
  if (fwmark !== undefined && service.address === undefined && service.addresses === undefined) {
    const key = `fwmark ${fwmark} (${family ?? 'ipv4'})`;
    places.add(key, [...path, 'fwmark'], taken(key));
  }
  if (protocol === undefined) return;
  let range: Steps = [];
  for (const { address, port, at } of placesOf(service)) {
    const key = `${hostPort(address, port)}/${protocol}`;
    const written = [...path, ...at];
    // The rest of a range says nothing more about it.
    if (pathText(range) === pathText(written)) continue;
    if (!places.add(key, written, taken(key))) range = service.addresses === undefined ? [] : written;
  }
};

const identity = (service: ServiceDraft, path: Steps, { subject, report }: ServiceScope): void => {
  const has = (key: string): boolean => subject.has([...path, key]);
  for (const [one, several] of [
    ['address', 'addresses'],
    ['port', 'ports'],
  ] as const) {
    if (has(one) && has(several)) report.error([...path, several], `a service has ${one} or ${several}, not both`);
    if (service[several]?.length === 0) report.error([...path, several], 'the list is empty: name at least one');
  }
  const hasAddress = has('address') || has('addresses');
  const hasPort = has('port') || has('ports');
  const hasMark = has('fwmark');
  if (hasAddress && hasMark) report.error([...path, 'fwmark'], 'a service has an address or a fwmark, not both');
  if (!hasAddress && !hasMark)
    report.error(path, 'missing: a service needs an address (such as 10.0.0.100) or a fwmark');
  if (hasAddress && !hasPort) {
    report.error(path, 'missing: a service with an address needs a port (1 to 65535 are allowed)');
  }
  if (hasMark && has('ports')) {
    report.error(
      [...path, 'ports'],
      'a firewall mark has no ports: name one port for the backends, or a port for each',
    );
  }
  if (hasAddress && service.family !== undefined) {
    report.error([...path, 'family'], "only a service with a fwmark has a family: an address's is plain to see");
  }
};

/** The backends of all are the same, so that some are of another family than some address. */
const families = (service: ServiceDraft, path: Steps, { subject, report, driver }: ServiceScope): void => {
  const ranges = service.addresses?.map((text) => (text === undefined ? null : parseRange(text))) ?? [];
  const first = ranges.find((range) => range !== null);
  const other = ranges.findIndex((range) => range !== null && range.family !== first?.family);
  if (other < 0 || driver?.relays || service.forwarding === undefined) return;
  const at = [...path, 'addresses', other];
  const ways = service.backends?.map((backend) => backend?.forwarding ?? service.forwarding) ?? [];
  const without = (ways.length === 0 ? [service.forwarding] : ways).find((way) => way !== 'tun');
  if (without !== undefined) {
    report.error(
      at,
      `IPv4 and IPv6 addresses with the same backends need forwarding: tun, and this is ${without}: make a service for each family`,
    );
  } else if (subject.document.dataplane?.sync) {
    report.error(at, 'IPVS joins IPv4 and IPv6 in one service only without dataplane.sync');
  }
};
