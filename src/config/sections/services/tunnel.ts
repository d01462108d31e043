/** How packets get to a server of a service. */
import type { Tunnel } from '../../../model/config.js';
import type { DocumentMap } from '../../../schema/document-value.js';
import { port, word } from '../../../schema/leaves.js';
import { map } from '../../../schema/maps.js';

export const forwarding = () => word(['dsr', 'nat', 'tun']);

export const tunnel = () =>
  map({
    type: word(['ipip', 'gue', 'gre']).default('ipip').describe('Encapsulation'),
    port: port().nullable().default(null).describe('UDP port of the other end; gue only'),
  });

type TunnelDocument = { readonly type: Tunnel['type']; readonly port: number | null };

export const tunnelModel = (document: TunnelDocument | null): Tunnel | null =>
  document === null ? null : { type: document.type, port: document.port ?? 0 };

export const tunnelDocument = (model: Tunnel | null): DocumentMap | null =>
  model === null ? null : { type: model.type, port: model.port === 0 ? null : model.port };
