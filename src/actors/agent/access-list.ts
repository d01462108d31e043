import { BlockList, isIP } from 'node:net';

export interface AccessList {
  /** Every address is allowed: names need not be resolved to know. */
  readonly any: boolean;
  /** `address` is an IP literal; an IPv4 one may come mapped into IPv6. */
  allows(address: string): boolean;
}

const named: Readonly<Record<string, readonly string[]>> = {
  any: ['0.0.0.0/0', '::/0'],
  loopback: ['127.0.0.0/8', '::1/128'],
  // RFC 1918 and RFC 4193. Link-local is not among them: that is where clouds keep their metadata service.
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** @throws RangeError that names the rule and what is allowed */
export function parseAccessList(rules: readonly string[]): AccessList {
  const allowed = new BlockList();
  for (const rule of rules) {
    for (const cidr of Object.hasOwn(named, rule) ? (named[rule] ?? []) : [rule]) add(allowed, cidr);
  }
  const any = rules.includes('any');
  return {
    any,
    allows(text) {
      if (any) return true;
      const address = plainAddress(text);
      const version = isIP(address);
      return version !== 0 && allowed.check(address, version === 4 ? 'ipv4' : 'ipv6');
    },
  };
}

/** Without the zone of a link-local address and without the mapping of IPv4 into IPv6. */
export function plainAddress(text: string): string {
  const [address = ''] = text.split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address;
}

function add(list: BlockList, rule: string): void {
  const [address = '', prefixText, ...more] = rule.split('/');
  const version = isIP(address);
  const width = version === 4 ? 32 : 128;
  const prefix = prefixText === undefined ? width : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : -1;
  if (version === 0 || more.length > 0 || prefix < 0 || prefix > width) {
    throw new RangeError(
      `'${rule}' is no rule: write any, loopback, private, an address, or a network such as 10.0.0.0/8`,
    );
  }
  list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
}
