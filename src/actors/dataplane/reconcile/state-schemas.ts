/** What the data plane's state files hold. Loaded where there is such a file: the parser takes 10 MB of a thread. */
import { z } from 'zod';
import { ns, port } from '../../../model/units.js';

export const ownershipFile = z.object({ version: z.literal(1), services: z.array(z.string().max(200)) });

const protocol = z.enum(['tcp', 'udp', 'sctp']);
const portNumber = z.int().min(1).max(65_535);
const ipAddress = z.union([z.ipv4(), z.ipv6()]);
const uint32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
export const runtimeServicesFile = z.object({
  version: z.literal(1),
  services: z.array(
    z.object({
      match: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('address'), address: ipAddress, port: portNumber.transform(port), protocol }),
        z.object({ kind: z.literal('fwmark'), fwmark: uint32.min(1), family: z.enum(['ipv4', 'ipv6']), protocol }),
      ]),
      scheduler: z.string(),
      schedulerFlags: z.array(z.string()),
      persistenceNs: z.number().min(0).transform(ns).nullable(),
      onePacket: z.boolean(),
      destinations: z.array(
        z.object({
          address: ipAddress,
          port: portNumber,
          weight: uint32,
          forwarding: z.enum(['dsr', 'nat', 'tun']),
          maxConnections: uint32,
          tunnel: z.object({ type: z.enum(['ipip', 'gue', 'gre']), port: z.int().min(0).max(65_535) }).nullable(),
        }),
      ),
    }),
  ),
});
