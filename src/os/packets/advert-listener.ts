/** Hears every VRRP advert that reaches an interface, whatever the firewall does with it. */
import type { Family } from '../../model/ip-address.js';
import { VRRP_PROTOCOL } from '../../wire/vrrp/advert.js';
import { HARDWARE_BYTES } from '../../wire/vrrp/announcement.js';
import { closeOwnedFd } from '../kernel/owned-fd.js';
import { AF_PACKET, bindAddress, openSocket, receiveFrom, SOCK_DGRAM, senderOf } from '../kernel/socket-call.js';
import { etherTypeOf, IP_PROTOCOL_AT, LINK_HARDWARE_AT, linkLayerAddress, SOCKADDR_LL_BYTES } from './frame-sockets.js';
import { attachFilter, JUMP_EQUAL, LOAD_BYTE, RETURN } from './packet-filter.js';
import { openReceiver } from './vrrp-sockets.js';

const PACKET_BYTES = 8192;

/** `packet` is valid until the next call. */
export type Caught = { readonly packet: Uint8Array; readonly hardware: Uint8Array };

export class AdvertListener {
  /** It joins the group, so that switches and the interface pass adverts on. Nobody reads it. */
  readonly #member: number;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(PACKET_BYTES);
  readonly #sender = senderOf(SOCKADDR_LL_BYTES);

  /** Throws SyscallError: EPERM without CAP_NET_RAW. */
  constructor(family: Family, name: string, interfaceIndex: number) {
    this.#member = openReceiver(family, name, interfaceIndex);
    try {
      this.#fd = openPackets(family, interfaceIndex);
    } catch (error) {
      closeOwnedFd(this.#member);
      throw error;
    }
  }

  /** Null when none waits. */
  next(): Caught | null {
    const length = receiveFrom(this.#fd, this.#buffer, 0, this.#sender);
    if (length < 0) return null;
    const hardware = this.#sender.address.slice(LINK_HARDWARE_AT, LINK_HARDWARE_AT + HARDWARE_BYTES);
    return { packet: this.#buffer.subarray(0, length), hardware };
  }

  close(): void {
    closeOwnedFd(this.#fd);
    closeOwnedFd(this.#member);
  }
}

/** SOCK_DGRAM: from the IP header on. */
function openPackets(family: Family, interfaceIndex: number): number {
  const fd = openSocket(AF_PACKET, SOCK_DGRAM, 0);
  try {
    // Before it is bound, so that nothing else slips in.
    attachFilter(fd, [
      [LOAD_BYTE, 0, 0, IP_PROTOCOL_AT[family]],
      [JUMP_EQUAL, 0, 1, VRRP_PROTOCOL],
      [RETURN, 0, 0, PACKET_BYTES],
      [RETURN, 0, 0, 0],
    ]);
    bindAddress(fd, linkLayerAddress(interfaceIndex, etherTypeOf(family)));
    return fd;
  } catch (error) {
    closeOwnedFd(fd);
    throw error;
  }
}
