/**
 * The npm packages raw-socket and netlink: independent peers of what Fulcrum sends through koffi. They are compiled on the
 * machine, and end the process where a worker that uses them ends, so they are no dependencies: `npm ci --prefix bench/peers`.
 */
import { createRequire } from 'node:module';
import { packageFile } from '../../src/model/package.js';

const INSTALL_ADDONS = 'npm ci --prefix bench/peers';

/** Of raw-socket 1.8, what is used here. */
export type RawSocketModule = {
  readonly AddressFamily: { readonly IPv4: number };
  createSocket(options: { readonly protocol: number; readonly addressFamily: number }): RawSocket;
  /** The Internet checksum of the parts one after the other: 0 where they hold their own, and it is right. */
  createChecksum(
    ...parts: readonly { readonly buffer: Buffer; readonly offset: number; readonly length: number }[]
  ): number;
};
export type RawSocket = {
  setOption(level: number, option: number, value: Buffer, length: number): void;
  send(
    packet: Buffer,
    offset: number,
    length: number,
    address: string,
    after: (error: Error | null, bytes: number) => void,
  ): void;
  /** Whole IPv4 packets, with their header. */
  on(event: 'message', hear: (packet: Buffer, from: string) => void): void;
  on(event: 'error', hear: (error: Error) => void): void;
  close(): void;
};

/** Of netlink 0.3, what is used here. */
export type NetlinkModule = {
  createRtNetlink(): { readonly socket: { close(): void }; getAddresses(): Promise<readonly AddressMessage[]> };
  createGenericNetlink(): GenericNetlink;
};
export type AddressMessage = {
  readonly data: { readonly prefixlen: number; readonly index: number };
  readonly attrs: { readonly address?: Uint8Array };
};
export type GenericNetlink = {
  readonly socket: { close(): void };
  ctrlRequest(
    command: number,
    message: { readonly familyName: string },
  ): Promise<readonly { readonly familyId?: number }[]>;
  /** Resolves with the answers when the kernel has acknowledged; rejects with its error. */
  request(
    family: number,
    command: number,
    version: number,
    attributes: Uint8Array,
    options?: { readonly flags?: number },
  ): Promise<readonly [readonly { readonly data: Uint8Array }[], unknown]>;
};

type Modules = { readonly 'raw-socket': RawSocketModule; readonly netlink: NetlinkModule };
export const addons = ['raw-socket', 'netlink'] as const satisfies readonly (keyof Modules)[];
export type AddonName = (typeof addons)[number];

const fromHere = () => createRequire(packageFile('bench/peers/package.json'));

/** On the main thread alone. Throws where it is not installed. */
export const loadAddon = <N extends AddonName>(name: N): Modules[N] => fromHere()(name) as Modules[N];

/** Null where it is installed; else what to do. */
export function whyNoAddon(name: AddonName): string | null {
  try {
    fromHere().resolve(name);
    return null;
  } catch {
    return `the npm package ${name} is not installed: ${INSTALL_ADDONS}`;
  }
}
