/** Listens on the network for a while: who speaks VRRP, and who answers for an address. */
import { setTimeout as sleep } from 'node:timers/promises';
import { configuredAddresses } from '../../machines/vrrp/virtual-addresses.js';
import type { Config } from '../../model/config.js';
import { messageOf } from '../../model/errors.js';
import { addressBytes, addressText, type Family } from '../../model/ip-address.js';
import type { Interface } from '../../os/netlink/interface-table.js';
import { AdvertListener } from '../../os/packets/advert-listener.js';
import { ClaimWatch, FrameSender } from '../../os/packets/frame-sockets.js';
import { arpProbe, duplicateSolicitation, hardwareText } from '../../wire/vrrp/announcement.js';
import { readOverheard } from '../../wire/vrrp/overheard.js';
import type { Claim, HeardAdvert, Unread } from '../facts.js';
import { instancesOf, isEthernet } from '../needs.js';

export type Wire = {
  readonly heard: readonly HeardAdvert[];
  readonly claims: readonly Claim[];
  readonly unread: readonly Unread[];
};

/** More interfaces than that are containers' or tunnels'. */
const MAX_LINKS = 32;
const MAX_ENTRIES = 1000;
const LOOK_MS = 50;
/** A neighbour that is busy, or a switch that learns, may lose the first. */
const PROBES = 2;
const families: readonly Family[] = ['ipv4', 'ipv6'];

export async function listenOnWire(
  config: Config | null,
  links: readonly Interface[],
  listenMs: number,
): Promise<Wire> {
  if (listenMs === 0) return { heard: [], claims: [], unread: [] };
  const wanted = new Set(instancesOf(config).map((instance) => instance.interface));
  const chosen = links
    .filter((link) => isEthernet(link) && (config === null || wanted.has(link.name)))
    .slice(0, MAX_LINKS);
  const ears: Ear[] = [];
  try {
    for (const link of chosen) ears.push(new Ear(link, addressesOn(link, config)));
    for (let probe = 0; probe < PROBES; probe += 1) {
      for (const ear of ears) ear.ask();
      const end = performance.now() + listenMs / PROBES;
      while (performance.now() < end) {
        await sleep(LOOK_MS);
        for (const ear of ears) ear.hear();
      }
    }
    return {
      heard: ears.flatMap((ear) => [...ear.heard.values()]),
      claims: ears.flatMap((ear) => [...ear.claims.values()]),
      unread: [],
    };
  } catch (error) {
    const why = `listening on the network needs CAP_NET_RAW: ${messageOf(error)}`;
    return {
      heard: [],
      claims: [],
      unread: [{ what: 'VRIDs and duplicate addresses', why, command: 'sudo fulcrum doctor' }],
    };
  } finally {
    for (const ear of ears) ear.close();
  }
}

/** Its own, and the virtual ones that it may get. */
function addressesOn(link: Interface, config: Config | null): readonly Uint8Array[] {
  const own = link.addresses.filter(({ tentative }) => !tentative).map(({ address }) => address);
  const virtual = instancesOf(config)
    .flatMap((instance) =>
      configuredAddresses(instance).filter((each) => (each.interface ?? instance.interface) === link.name),
    )
    .flatMap(({ address }) => addressBytes(address) ?? []);
  const all = new Map([...own, ...virtual].map((address) => [addressText(address), address]));
  return [...all.values()].slice(0, MAX_ENTRIES);
}

class Ear {
  readonly heard = new Map<string, HeardAdvert>();
  readonly claims = new Map<string, Claim>();
  readonly #link: Interface;
  readonly #addresses: readonly Uint8Array[];
  readonly #listeners: AdvertListener[] = [];
  readonly #watches: { readonly family: Family; readonly watch: ClaimWatch }[] = [];
  #sender: FrameSender | null = null;

  /** Throws SyscallError. */
  constructor(link: Interface, addresses: readonly Uint8Array[]) {
    this.#link = link;
    this.#addresses = addresses;
    try {
      this.#sender = new FrameSender();
      for (const family of families) {
        this.#listeners.push(new AdvertListener(family, link.name, link.index));
        const own = addresses.filter(({ length }) => length === (family === 'ipv4' ? 4 : 16));
        this.#watches.push({ family, watch: new ClaimWatch(family, link.name, link.index, own) });
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  ask(): void {
    const { hardware, index } = this.#link;
    for (const address of this.#addresses) {
      const frame = address.length === 4 ? arpProbe(hardware, address) : duplicateSolicitation(hardware, address);
      this.#sender?.send(index, frame);
    }
  }

  hear(): void {
    for (const listener of this.#listeners) {
      for (let caught = listener.next(); caught !== null; caught = listener.next()) {
        const overheard = readOverheard(caught.packet);
        if (overheard === null || this.heard.size >= MAX_ENTRIES) continue;
        const advert = { ...overheard, interface: this.#link.name, hardware: hardwareText(caught.hardware) };
        this.heard.set([advert.family, advert.vrid, advert.source, advert.version].join(' '), advert);
      }
    }
    const asked = new Set(this.#addresses.map((address) => addressText(address)));
    for (const { family, watch } of this.#watches) {
      for (let claim = watch.next(); claim !== null; claim = watch.next()) {
        const address = addressText(claim.address) ?? '';
        const hardware = hardwareText(claim.hardware);
        if (!asked.has(address) || hardware === hardwareText(this.#link.hardware) || this.claims.size >= MAX_ENTRIES)
          continue;
        this.claims.set(`${address} ${hardware}`, { interface: this.#link.name, family, address, hardware });
      }
    }
  }

  close(): void {
    this.#sender?.close();
    for (const listener of this.#listeners) listener.close();
    for (const { watch } of this.#watches) watch.close();
  }
}
