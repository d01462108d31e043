/**
 * The two sockets of an interface with a virtual MAC address (a macvlan): packet sockets, as the interface has no address and no
 * route of its own while the instance is backup, and must send nothing then, such as the news that it joined a group.
 */
import { type Family, VRRP_PROTOCOL } from '../../wire/vrrp/advert.js';
import { HARDWARE_BYTES } from '../../wire/vrrp/announcement.js';
import { multicastMac } from '../../wire/vrrp/virtual-mac.js';
import { closeOwnedFd } from '../kernel/owned-fd.js';
import {
  AF_PACKET,
  bindAddress,
  openSocket,
  PRIORITY_CONTROL,
  SO_PRIORITY,
  SOCK_DGRAM,
  SOL_SOCKET,
  tryOption,
} from '../kernel/socket-call.js';
import { etherTypeOf, IP_PROTOCOL_AT, LINK_HARDWARE_AT, linkLayerAddress } from './frame-sockets.js';
import { attachFilter, inFrame, JUMP_EQUAL, LOAD_BYTE, LOAD_HALF, LOAD_WORD, RETURN } from './packet-filter.js';
import { closingOnError, prepareReceiver, type VrrpSockets } from './vrrp-sockets.js';

/** An Ethernet frame's source address. */
const SOURCE_AT = 6;
const PACKET_BYTES = 8192;
/** No interface takes longer ones (ETH_MAX_MTU, and its header). */
export const LONGEST_FRAME_BYTES = 0xffff + 64;

/** The kernel writes the frame's header; the packets are those of a raw socket. Throws SyscallError. */
export function openVirtualSockets(family: Family, interfaceIndex: number, virtualMac: Uint8Array): VrrpSockets {
  // Protocol 0: it receives nothing.
  const sender = openSocket(AF_PACKET, SOCK_DGRAM, 0);
  try {
    tryOption(sender, SOL_SOCKET, SO_PRIORITY, PRIORITY_CONTROL);
    return { sender, receiver: openReceiver(family, interfaceIndex, virtualMac), hasHeader: true };
  } catch (error) {
    closeOwnedFd(sender);
    throw error;
  }
}

/** struct sockaddr_ll of a multicast group on an interface. */
export function multicastAddress(group: Uint8Array, interfaceIndex: number): Uint8Array<ArrayBuffer> {
  const address = linkLayerAddress(interfaceIndex, etherTypeOf(group.length === 4 ? 'ipv4' : 'ipv6'));
  address[LINK_HARDWARE_AT - 1] = HARDWARE_BYTES;
  address.set(multicastMac(group), LINK_HARDWARE_AT);
  return address;
}

/**
 * A private macvlan hears its own address' multicast alone: adverts that another node sends with the virtual MAC address. Those
 * from other MAC addresses come by the interface below, and would come here a second time where someone joined the group.
 */
function openReceiver(family: Family, interfaceIndex: number, virtualMac: Uint8Array): number {
  const fd = openSocket(AF_PACKET, SOCK_DGRAM, 0);
  return closingOnError(fd, () => {
    const mac = new DataView(virtualMac.buffer, virtualMac.byteOffset);
    // Before it is bound, so that nothing else slips in.
    attachFilter(fd, [
      [LOAD_BYTE, 0, 0, IP_PROTOCOL_AT[family]],
      [JUMP_EQUAL, 0, 5, VRRP_PROTOCOL],
      [LOAD_WORD, 0, 0, inFrame(SOURCE_AT)],
      [JUMP_EQUAL, 0, 3, mac.getUint32(0)],
      [LOAD_HALF, 0, 0, inFrame(SOURCE_AT + 4)],
      [JUMP_EQUAL, 0, 1, mac.getUint16(4)],
      [RETURN, 0, 0, PACKET_BYTES],
      [RETURN, 0, 0, 0],
    ]);
    prepareReceiver(fd);
    bindAddress(fd, linkLayerAddress(interfaceIndex, etherTypeOf(family)));
  });
}
