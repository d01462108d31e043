import { z } from 'zod';
import type { Watermark } from '../../../model/config.js';
import { addressRange, host, ipAddress } from '../../../schema/addresses.js';
import { bool, duration, integer, name, percentOf, port, refuse, word } from '../../../schema/leaves.js';
import { spelled } from '../../../schema/mapping.js';
import { list, map } from '../../../schema/maps.js';
import { say, show } from '../../../schema/messages.js';
import {
  ipvsSchedulerFlags,
  ipvsSchedulers,
  MAX_IPVS_THRESHOLD,
  MAX_IPVS_WEIGHT,
  proxySchedulers,
} from '../../../wire/ipvs/types.js';
import { checkEntry } from '../checks/schema.js';
import { persistence } from './persistence.js';
import { sorry } from './sorry.js';
import { forwarding, tunnel } from './tunnel.js';

const WATERMARK = 'a number of backends (by: weight: a weight), or 0% to 100%, is allowed';
const watermark = () =>
  spelled(
    z
      .union([z.number(), z.string()], { error: say('a watermark', WATERMARK) })
      .transform((input, context): Watermark => {
        if (typeof input === 'number' && Number.isInteger(input) && input >= 0 && input <= 1e6) {
          return { kind: 'count', count: input };
        }
        const percent = typeof input === 'string' ? percentOf(input) : Number.NaN;
        if (percent >= 0 && percent <= 100) return { kind: 'percent', percent };
        return refuse(context, input, `${show(input)} is not a watermark: ${WATERMARK}`);
      }),
    { write: (mark) => (mark.kind === 'count' ? mark.count : `${mark.percent}%`) },
  );

const watermarks = () =>
  map({
    low: watermark()
      .prefault(0)
      .describe('A healthy service needs so many healthy backends to stay so; 0: at least one'),
    high: watermark().prefault(0).describe('An unhealthy service needs so many to become healthy; at least low'),
    by: word(['count', 'weight'])
      .default('count')
      .describe('What low and high are: numbers of backends, or sums of their weights'),
  });

/** The kernel's marks have 32 bits. */
const MAX_FWMARK = 4_294_967_295;
const checkList = () => list(checkEntry, 'checks');

export const backend = map({
  name: name('a name of a backend')
    .optional()
    .describe('Its name in commands, events and metrics, unique in its service; default: address:port'),
  address: host("a backend's address").describe('An IP address or a DNS name'),
  port: port().optional().describe("The backend's port; default: the service's"),
  weight: integer('a weight', 0, MAX_IPVS_WEIGHT).default(1).describe('Share of the connections; 0: no new ones'),
  max_connections: integer('a number of connections', 0, MAX_IPVS_THRESHOLD)
    .default(0)
    .describe('Most simultaneous connections; 0: no limit'),
  enabled: bool().default(true).describe('false takes it out of service'),
  forwarding: forwarding().nullable().default(null).describe("How IPVS reaches it; default: as the service's"),
  tunnel: tunnel().nullable().default(null).describe('How packets are wrapped with forwarding: tun; default: ipip'),
  checks: checkList().optional().describe("Replaces the service's checks for this backend"),
});

export const service = map({
  name: name('a name of a service').describe('Its name in commands, events and metrics; unique'),
  address: ipAddress('a virtual address').optional().describe('The virtual IP address; this, addresses or fwmark'),
  addresses: list(addressRange(), 'addresses')
    .optional()
    .describe('Instead of address: several and ranges, with the same backends and checks'),
  fwmark: integer('a firewall mark', 1, MAX_FWMARK)
    .optional()
    .describe('Serves packets with this mark; this or address'),
  family: word(['ipv4', 'ipv6']).optional().describe('Family of the marked packets, with fwmark only; default: ipv4'),
  port: port().optional().describe('Needed with address; with fwmark the default for the backends'),
  ports: list(port(), 'ports')
    .optional()
    .describe('Instead of port: several; a backend without a port of its own has them all'),
  protocol: word(['tcp', 'udp', 'sctp']).default('tcp').describe('The transport protocol'),
  scheduler: word(ipvsSchedulers)
    .default('wlc')
    .describe(`Who takes the next connection; the proxy does ${proxySchedulers.join(' ')}`),
  scheduler_flags: list(word(ipvsSchedulerFlags), 'scheduler flags')
    .prefault([])
    .describe('Flags of the sh and mh schedulers'),
  forwarding: forwarding()
    .default('nat')
    .describe('How IPVS reaches the backends: direct server return, NAT or a tunnel'),
  persistence: persistence()
    .nullable()
    .default(null)
    .describe('Keeps a client on its backend for so long: a duration, or a map'),
  one_packet: bool().default(false).describe('Schedules each UDP packet by itself'),
  watermarks: watermarks().prefault({}).describe('How many healthy backends the service needs'),
  checks_when: word(['always', 'master'])
    .default('always')
    .describe('master: only while a VRRP instance of this node has one of the addresses'),
  on_unhealthy: word(['remove', 'inhibit'])
    .default('remove')
    .describe('remove takes an unhealthy backend out; inhibit keeps it with weight 0'),
  drain_timeout: duration().prefault('30s').describe('How long a drained backend may finish its connections'),
  sorry: sorry().nullable().default(null).describe('Serves while the service is unhealthy: IP:PORT, or a map'),
  enabled: bool().default(true).describe('false takes it out of service'),
  checks: checkList().prefault([]).describe('Checks of all backends that have none of their own'),
  backends: list(backend, 'backends').prefault([]).describe('The servers'),
});

export const services = list(service, 'services').prefault([]).describe('The virtual services');
export type ServiceDocument = z.output<typeof service>;
export type BackendDocument = z.output<typeof backend>;
