/** `sorry`: the server that serves while the service is unhealthy, by its address alone or with how it is reached. */
import { z } from 'zod';
import type { SorryConfig } from '../../../model/config.js';
import { hostPort } from '../../../model/ip-address.js';
import type { Port } from '../../../model/units.js';
import { endpoint, ipAddress } from '../../../schema/addresses.js';
import type { DocumentValue } from '../../../schema/document-value.js';
import { bool, port } from '../../../schema/leaves.js';
import { spelled } from '../../../schema/mapping.js';
import { map } from '../../../schema/maps.js';
import { say } from '../../../schema/messages.js';
import { forwarding, tunnel, tunnelDocument, tunnelModel } from './tunnel.js';

const whole = map({
  address: ipAddress('the address of a sorry server').describe('An IP address'),
  port: port().optional().describe("Its port; default: the service's"),
  forwarding: forwarding().default('nat').describe('How IPVS reaches it'),
  tunnel: tunnel().nullable().default(null).describe('How packets are wrapped with forwarding: tun; default: ipip'),
  inhibit: bool().default(false).describe('true keeps it in the table, with weight 0, while the service is healthy'),
});

export type SorryDocument = z.output<typeof whole>;

const SORRY = 'IP:PORT, such as 10.0.0.9:8080 or [2001:db8::9]:8080, or a map with an address is allowed';

export const sorry = () =>
  spelled(
    z
      .union([endpoint('a sorry server'), whole], { error: say('a sorry server', SORRY) })
      .transform((value): SorryDocument => ('inhibit' in value ? value : { ...value, ...plain })),
    { write: (model) => sorryDocument(model as unknown as SorryConfig) },
  );

const plain = { forwarding: 'nat', tunnel: null, inhibit: false } as const;

/** A port that it has not is the service's; with several ports each of them. */
export const buildSorry = (document: SorryDocument | null, servicePorts: readonly Port[]): SorryConfig | null => {
  if (document === null) return null;
  const [first = null, ...more] = servicePorts;
  return {
    ...document,
    port: document.port ?? (more.length === 0 ? first : null),
    tunnel: tunnelModel(document.tunnel),
  };
};

const sorryDocument = ({ address, port: own, forwarding: way, tunnel: wrap, inhibit }: SorryConfig): DocumentValue => {
  if (own !== null && way === plain.forwarding && !inhibit) return hostPort(address, own);
  return {
    address,
    ...(own === null ? {} : { port: own }),
    forwarding: way,
    tunnel: tunnelDocument(wrap),
    inhibit,
  };
};
