/** What of an instance's configuration its adverts are read by, and made of. */
import type { VrrpInstanceConfig } from '../../../model/config.js';
import { addressBytes } from '../../../model/ip-address.js';
import type { Family, ReadRules } from '../../../wire/vrrp/advert.js';
import { passwordBytes } from '../../../wire/vrrp/version-2.js';

export const rulesOf = (config: VrrpInstanceConfig, family: Family): ReadRules => ({
  family,
  dialect: config.dialect,
  checksum: config.version === 2 ? 'message' : config.checksum,
  version: config.version,
  interval: config.advertIntervalNs,
  password: passwordOf(config),
  takesTrailer: config.authentication?.type === 'hmac',
});

/** As it is sent; null where the instance has none. */
export const passwordOf = ({ authentication }: VrrpInstanceConfig): Uint8Array | null =>
  authentication?.type === 'password' ? passwordBytes(authentication.password) : null;

export const peersOf = (config: VrrpInstanceConfig): readonly Uint8Array[] =>
  config.peers.flatMap((peer) => addressBytes(peer) ?? []);
