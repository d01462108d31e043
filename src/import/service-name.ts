import { hostPort } from '../model/ip-address.js';

export type Reached =
  | { readonly kind: 'address'; readonly address: string; readonly port: number }
  | { readonly kind: 'fwmark'; readonly mark: number; readonly isIPv6: boolean };

/** What a service is reached by is its name: two services have nothing of it in common. */
export function serviceName(reached: Reached, protocol: string): string {
  const suffix = protocol === 'tcp' ? '' : `-${protocol}`;
  if (reached.kind === 'address') return `${hostPort(reached.address, reached.port)}${suffix}`;
  return `fwmark-${reached.mark}${reached.isIPv6 ? '-ipv6' : ''}`;
}
