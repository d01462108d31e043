/** seesaw.ipvs messages: checked at the door, and made from views. Pure. */

import { z } from 'zod';
import { flagBits, flagNames } from '../../../dataplane/drivers/ipvs/scheduler.js';
import type { ServiceMatch } from '../../../model/config.js';
import { canonicalAddress } from '../../../model/ip-address.js';
import type {
  DataplaneDestinationView,
  DataplaneServiceView,
  TrafficView,
} from '../../../model/observing/dataplane-views.js';
import { NS_PER_S, ns, port as portOf } from '../../../model/units.js';
import { ipvsServiceFlag, MAX_IPVS_THRESHOLD, MAX_IPVS_WEIGHT } from '../../../wire/ipvs/types.js';
import type { RuntimeDestination, RuntimeService } from '../../dataplane/calls.js';

const word = <const T extends readonly [string, ...string[]]>(words: T, fallback: T[number]) =>
  z
    .enum(['', ...words], { error: `one of ${words.join(', ')} is allowed` })
    .transform((value) => (value === '' ? fallback : value) as T[number]);

const ADDRESS_EXPECTED = { error: 'an IPv4 or IPv6 address is expected' };
/** One spelling of each: the table's. */
const ipAddress = z.union([z.ipv4(), z.ipv6()], ADDRESS_EXPECTED).transform(canonicalAddress);

const keyFields = {
  address: z.union([z.literal(''), ipAddress], ADDRESS_EXPECTED),
  protocol: word(['tcp', 'udp', 'sctp'], 'tcp'),
  port: z.int().max(65_535, { error: 'a port is at most 65535' }),
  fwmark: z.int(),
  family: word(['ipv4', 'ipv6'], 'ipv4'),
};
const isWhole = (key: { readonly address: string; readonly port: number; readonly fwmark: number }): boolean =>
  key.fwmark > 0 ? key.address === '' && key.port === 0 : key.address !== '' && key.port > 0;
const wholeKey = { error: 'either address and port, or fwmark alone, name a service' };

const serviceKey = z.object(keyFields).refine(isWhole, wholeKey).transform(matchOf);

export const serviceMessage = z
  .object({
    ...keyFields,
    scheduler: z.string().max(15, { error: 'a scheduler has at most 15 characters' }),
    flags: z.int().max(0x3f, { error: 'the flags of linux/ip_vs.h are at most 63' }),
    timeout: z.int(),
  })
  .refine(isWhole, wholeKey)
  // ipvsadm has no way to give one without the other, and the kernel heeds it with the flag alone.
  .refine(({ flags, timeout }) => timeout === 0 || (flags & ipvsServiceFlag.persistent) !== 0, {
    error: 'a timeout is of persistence: set flag 1 (persistent) too, or leave the timeout 0',
    path: ['timeout'],
  })
  .transform((service): RuntimeService => {
    const scheduler = service.scheduler === '' ? 'wlc' : service.scheduler;
    const persistent = (service.flags & ipvsServiceFlag.persistent) !== 0;
    return {
      match: matchOf(service),
      scheduler,
      schedulerFlags: flagNames(scheduler, service.flags),
      // The kernel's own default is 5 minutes.
      persistenceNs: persistent ? ns((service.timeout || DEFAULT_PERSISTENCE_S) * NS_PER_S) : null,
      onePacket: (service.flags & ipvsServiceFlag.onePacket) !== 0,
    };
  });
/** ipvsadm's default. */
const DEFAULT_PERSISTENCE_S = 300;

export const keyMessage = serviceKey;
export const getServicesMessage = z.object({ service: serviceKey.nullable() });

const destination = z
  .object({
    address: ipAddress,
    port: z.int().min(1, { error: 'a port is 1-65535' }).max(65_535, { error: 'a port is 1-65535' }),
    weight: z.int().max(MAX_IPVS_WEIGHT, { error: `a weight is at most ${MAX_IPVS_WEIGHT}` }),
    forwarding: word(['nat', 'dsr', 'tun'], 'nat'),
    max_connections: z.int().max(MAX_IPVS_THRESHOLD, { error: `max_connections is at most ${MAX_IPVS_THRESHOLD}` }),
    tunnel_type: z.enum(['', 'ipip', 'gue', 'gre'], { error: 'one of ipip, gue, gre is allowed' }),
    tunnel_port: z.int().max(65_535),
  })
  .refine((one) => one.tunnel_type === '' || one.forwarding === 'tun', {
    error: 'only forwarding tun has a tunnel',
    path: ['tunnel_type'],
  })
  .refine((one) => one.tunnel_port === 0 || one.tunnel_type === 'gue', {
    error: 'only a gue tunnel has a port',
    path: ['tunnel_port'],
  })
  .transform(
    (one): RuntimeDestination => ({
      address: one.address,
      port: one.port,
      weight: one.weight,
      forwarding: one.forwarding,
      maxConnections: one.max_connections,
      tunnel: one.forwarding === 'tun' ? { type: one.tunnel_type || 'ipip', port: one.tunnel_port } : null,
    }),
  );

const missing = (what: string) => ({ error: `${what} is missing` });
export const destinationMessage = z.object({
  service: serviceKey
    .nullable()
    .refine((key) => key !== null, missing('service'))
    .transform(present),
  destination: destination
    .nullable()
    .refine((one) => one !== null, missing('destination'))
    .transform(present),
});

function present<T>(value: T | null): T {
  if (value === null) throw new TypeError('refined above');
  return value;
}

function matchOf(key: z.output<z.ZodObject<typeof keyFields>>): ServiceMatch {
  return key.fwmark > 0
    ? { kind: 'fwmark', fwmark: key.fwmark, family: key.family, protocol: key.protocol }
    : { kind: 'address', address: key.address, port: portOf(key.port), protocol: key.protocol };
}

export const viewMatches = (view: DataplaneServiceView, match: ServiceMatch): boolean =>
  match.kind === 'fwmark'
    ? view.fwmark === match.fwmark && view.family === match.family
    : view.address === match.address && view.port === match.port && view.protocol === match.protocol;

/** The view in the message's words; what it has no field for is left out when it is written. */
export const serviceReply = (view: DataplaneServiceView) => ({
  ...view,
  fwmark: view.fwmark ?? 0,
  family: view.fwmark === null ? '' : view.family,
  flags:
    flagBits(view.scheduler, view.scheduler_flags) |
    (view.persistence_s === null ? 0 : ipvsServiceFlag.persistent) |
    (view.one_packet ? ipvsServiceFlag.onePacket : 0),
  timeout: view.persistence_s ?? 0,
  name: view.name ?? '',
  destinations: view.destinations.map(destinationReply),
  statistics: statisticsReply(view.traffic),
});

const destinationReply = (view: DataplaneDestinationView) => {
  const [type = '', port = '0'] = (view.tunnel ?? '').split(':');
  return {
    ...view,
    tunnel_type: type,
    tunnel_port: Number(port),
    name: view.backend ?? '',
    statistics: statisticsReply(view.traffic),
  };
};

const statisticsReply = (traffic: TrafficView | null) => {
  if (traffic === null) return null;
  const rates = Object.entries(traffic.per_second).map(([name, rate]) => [`${name}_per_second`, rate]);
  return { ...traffic, ...Object.fromEntries(rates) };
};
