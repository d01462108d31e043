/** What a configuration asks of a host; without one, whatever Fulcrum may ask. */
import { candidatesFor } from '../dataplane/drivers.js';
import type { Config, ServiceConfig, VrrpInstanceConfig } from '../model/config.js';
import { type Family, familyOf } from '../model/ip-address.js';
import type { Interface } from '../os/netlink/interface-table.js';
import type { Facts } from './facts.js';

export const instancesOf = (config: Config | null): readonly VrrpInstanceConfig[] => config?.vrrp.instances ?? [];
export const servicesOf = (config: Config | null): readonly ServiceConfig[] => config?.services ?? [];

export const usesVrrp = (config: Config | null): boolean => config === null || instancesOf(config).length > 0;

const candidates = (config: Config) => candidatesFor(config.dataplane.driver);

/** `may`: the driver is chosen by what works here. */
export function ipvsNeed(config: Config | null): 'must' | 'may' | 'no' {
  if (config === null) return 'may';
  if (servicesOf(config).length === 0) return 'no';
  const able = candidates(config).filter(({ synchronises }) => synchronises).length;
  if (able === 0) return 'no';
  return able === candidates(config).length ? 'must' : 'may';
}

/** Whether traffic goes through the kernel's table, as far as that can be told. */
export function usesIpvs({ modules }: Pick<Facts, 'modules'>, config: Config | null): boolean {
  const need = ipvsNeed(config);
  return need === 'must' || (need === 'may' && (modules.ipvs || modules.available.has('ip_vs')));
}

export const usesProxy = (facts: Pick<Facts, 'modules'>, config: Config): boolean =>
  candidates(config).some(({ relays }) => relays) && !usesIpvs(facts, config);

export const familyOfService = ({ match }: ServiceConfig): Family =>
  match.kind === 'fwmark' ? match.family : (familyOf(match.address) ?? 'ipv4');

export const allChecks = (config: Config | null) =>
  servicesOf(config).flatMap((service) => service.backends.flatMap(({ checks }) => checks));

export const linkNamed = ({ links }: Pick<Facts, 'links'>, name: string): Interface | null =>
  links.find((link) => link.name === name) ?? null;

/** With a carrier and a hardware address. */
export const isEthernet = ({ running, hardware, name }: Interface): boolean =>
  running && name !== 'lo' && hardware.length === 6 && hardware.some((byte) => byte !== 0);

/** A setting that counts where either `all` or the interface has it, as the larger of both (ip-sysctl). */
export function interfaceSetting({ sysctls }: Pick<Facts, 'sysctls'>, link: string, setting: string): number {
  const numberOf = (name: string): number =>
    Number(sysctls.get(`net.ipv4.conf.${name.replaceAll('.', '/')}.${setting}`) ?? 0);
  return Math.max(numberOf('all'), numberOf(link));
}
