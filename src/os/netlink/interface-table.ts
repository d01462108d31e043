/** The links and addresses of this network namespace, as rtnetlink tells them. */
import type { AddressFact, LinkFact, RouteFact } from '../../wire/netlink/route.js';
import { compareAddresses, type Family, isLinkLocal } from '../../wire/vrrp/advert.js';

export type Interface = LinkFact & { readonly addresses: readonly AddressFact[] };

const sameAddress = (a: AddressFact | (Omit<AddressFact, 'kind'> & { kind: string }), b: AddressFact): boolean =>
  a.family === b.family && a.prefixLength === b.prefixLength && compareAddresses(a.address, b.address) === 0;

export class InterfaceTable {
  #links = new Map<number, Interface>();
  /** Grows with each fact: after any of them, a route or a rule may be gone too. */
  changes = 0;

  /** Replaces everything. */
  reset(facts: readonly RouteFact[]): void {
    this.#links = new Map();
    this.changes += 1;
    for (const fact of facts) this.apply(fact);
  }

  apply(fact: RouteFact): void {
    this.changes += 1;
    switch (fact.kind) {
      case 'link':
        this.#links.set(fact.index, { ...fact, addresses: this.#links.get(fact.index)?.addresses ?? [] });
        break;
      case 'link-gone':
        this.#links.delete(fact.index);
        break;
      case 'address':
        this.#setAddresses(fact.index, (addresses) => {
          const known = addresses.findIndex((address) => sameAddress(fact, address));
          return known < 0 ? [...addresses, fact] : addresses.with(known, fact);
        });
        break;
      case 'address-gone':
        this.#setAddresses(fact.index, (addresses) => addresses.filter((address) => !sameAddress(fact, address)));
        break;
      case 'routing-gone':
        break;
      default:
        fact satisfies never;
    }
  }

  #setAddresses(index: number, change: (addresses: readonly AddressFact[]) => readonly AddressFact[]): void {
    const link = this.#links.get(index);
    if (link !== undefined) this.#links.set(index, { ...link, addresses: change(link.addresses) });
  }

  byName(name: string): Interface | null {
    for (const link of this.#links.values()) if (link.name === name) return link;
    return null;
  }

  all(): readonly Interface[] {
    return [...this.#links.values()];
  }
}

/**
 * The address that adverts are sent from (RFC 9568 section 7.2): the first IPv4 address, or the link-local IPv6 one;
 * `except` are virtual addresses, which come and go.
 */
export function primaryAddress(
  link: Interface,
  family: Family,
  except: (address: Uint8Array) => boolean,
): Uint8Array | null {
  const usable = link.addresses.filter(
    (fact) => fact.family === family && !fact.tentative && (family === 'ipv4' || isLinkLocal(fact.address)),
  );
  const first = usable.find((fact) => !except(fact.address)) ?? null;
  return first?.address ?? null;
}

/** Whether a link has this very address, whatever its prefix. */
export const hasAddress = (link: Interface, address: Uint8Array): boolean =>
  link.addresses.some(
    (fact) => fact.address.length === address.length && compareAddresses(fact.address, address) === 0,
  );
