/**
 * Keeps an instance's virtual addresses where they belong: all on the interface while it is master, none otherwise. Works
 * in small pieces, so that many addresses never delay an advert; puts back what someone else took away, within bounds.
 */

import type { VirtualAddress } from '../../../machines/vrrp/virtual-addresses.js';
import { hasAddress, type Interface } from '../../../os/netlink/interface-table.js';
import type { ChangeResult } from '../../../os/netlink/route-socket.js';
import type { AddressChange } from '../../../wire/netlink/route.js';

/** Addresses changed in one call: about 20 us each. */
export const CHANGES_PER_TURN = 16;
/** An address that someone keeps removing is put back so often at once, and then once per period. */
export const REINSTALLS_AT_ONCE = 5;
export const REINSTALL_PERIOD_NS = 10e9;

type Held = {
  readonly address: VirtualAddress;
  /** `found`: it was there before us; it is not ours to remove. */
  state: 'absent' | 'ours' | 'found';
  reinstalls: number;
  /** Not tried again before. */
  notBeforeNs: number;
};

export type KeeperPort = {
  change(changes: readonly AddressChange[]): readonly ChangeResult[];
  /** Whether the address that is on the interface bears this program's mark. */
  isMarked(address: VirtualAddress): boolean;
  /** `code` is an errno name. */
  failed(address: VirtualAddress, op: 'add' | 'remove', code: string): void;
  /** It was on the interface already, and is left there. */
  found(address: VirtualAddress): void;
  /** Someone removed it; `again` false when the bound is reached. */
  lost(address: VirtualAddress, again: boolean): void;
  /** These are on the interface now. */
  installed(addresses: readonly VirtualAddress[]): void;
};

/** An address on the interface of this index. */
type Leaving = { readonly address: VirtualAddress; readonly index: number };

export class AddressKeeper {
  readonly #port: KeeperPort;
  #held: Held[] = [];
  /** To be removed whatever happens: no longer configured, or on an interface that has another name now. */
  #leaving: Leaving[] = [];
  #index = 0;
  #wanted = false;

  constructor(port: KeeperPort) {
    this.#port = port;
  }

  /** New addresses, or another interface: what is ours on the one before is removed, should that one still be there. */
  configure(addresses: readonly VirtualAddress[], interfaceIndex: number): void {
    const moved = interfaceIndex !== this.#index;
    const before = new Map(this.#held.map((held) => [held.address.text, held]));
    const index = this.#index;
    this.#index = interfaceIndex;
    this.#held = addresses.map((address) => {
      const known = moved ? undefined : before.get(address.text);
      if (!moved) before.delete(address.text);
      return known ?? { address, state: 'absent', reinstalls: 0, notBeforeNs: 0 };
    });
    for (const { address, state } of before.values()) if (state === 'ours') this.#leaving.push({ address, index });
  }

  take(): void {
    this.#wanted = true;
    for (const held of this.#held) {
      held.reinstalls = 0;
      held.notBeforeNs = 0;
    }
  }

  release(): void {
    this.#wanted = false;
  }

  /** When `work` has something to do; infinite when all is as it should be. */
  get nextNs(): number {
    if (this.#leaving.length > 0) return 0;
    if (this.#index === 0) return Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.#held.length; at += 1) {
      const held = this.#held[at] as Held;
      if (this.#wanted ? held.state === 'absent' : held.state !== 'absent') next = Math.min(next, held.notBeforeNs);
    }
    return next;
  }

  /** Does the next few changes that are due. */
  work(nowNs: number): void {
    if (this.#leaving.length > 0) {
      this.#remove(this.#leaving.splice(0, CHANGES_PER_TURN));
    } else if (this.#index === 0) {
      return;
    } else if (this.#wanted) {
      const due = this.#held.filter((held) => held.state === 'absent' && held.notBeforeNs <= nowNs);
      this.#add(due.slice(0, CHANGES_PER_TURN), nowNs);
    } else {
      const held = this.#held.filter(({ state }) => state !== 'absent');
      const ours = held.filter(({ state }) => state === 'ours').slice(0, CHANGES_PER_TURN);
      for (const each of held) if (each.state === 'found' || ours.includes(each)) each.state = 'absent';
      this.#remove(ours.map(({ address }) => ({ address, index: this.#index })));
    }
  }

  /** The interface as it is now: what is missing was taken away by someone. */
  seen(link: Interface, nowNs: number): void {
    if (!this.#wanted) return;
    for (const held of this.#held) {
      if (held.state === 'absent' || hasAddress(link, held.address.bytes)) continue;
      held.state = 'absent';
      held.reinstalls += 1;
      const again = held.reinstalls <= REINSTALLS_AT_ONCE;
      held.notBeforeNs = again ? nowNs : nowNs + REINSTALL_PERIOD_NS;
      if (!again) held.reinstalls = 0;
      this.#port.lost(held.address, again);
    }
  }

  #add(due: readonly Held[], nowNs: number): void {
    const index = this.#index;
    const results = this.#port.change(due.map(({ address }) => changeOf('add', { address, index })));
    const installed: VirtualAddress[] = [];
    due.forEach((held, at) => {
      const result = results[at] ?? null;
      if (result === null || (result === 'EEXIST' && this.#port.isMarked(held.address))) {
        held.state = 'ours';
        installed.push(held.address);
      } else if (result === 'EEXIST') {
        held.state = 'found';
        installed.push(held.address);
        this.#port.found(held.address);
      } else {
        held.notBeforeNs = nowNs + REINSTALL_PERIOD_NS;
        this.#port.failed(held.address, 'add', result);
      }
    });
    if (installed.length > 0) this.#port.installed(installed);
  }

  #remove(leaving: readonly Leaving[]): void {
    if (leaving.length === 0) return;
    const results = this.#port.change(leaving.map((each) => changeOf('remove', each)));
    leaving.forEach(({ address }, at) => {
      const result = results[at] ?? null;
      // Gone already, with its interface or its subnet's primary address: as it should be.
      if (result !== null && result !== 'EADDRNOTAVAIL' && result !== 'ENODEV') {
        this.#port.failed(address, 'remove', result);
      }
    });
  }
}

const changeOf = (op: 'add' | 'remove', { address, index }: Leaving): AddressChange => ({
  op,
  index,
  address: address.bytes,
  prefixLength: address.prefixLength,
});
