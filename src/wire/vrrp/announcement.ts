/**
 * Ethernet frames that tell a segment who has an address, and ask whether someone else has it: gratuitous ARP and ARP
 * probes (RFC 5227), unsolicited neighbour advertisements (RFC 9568 section 6.4.2) and duplicate address detection (RFC 4862).
 */
import { foldChecksum, sumPseudoHeader, sumWords } from '../ip/checksum.js';
import { multicastMac } from './virtual-mac.js';

export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;
export const HARDWARE_BYTES = 6;
const ETHERNET_HEADER_BYTES = 14;
/** Of the sender's protocol address in an ARP frame. */
export const ARP_SENDER_AT = ETHERNET_HEADER_BYTES + 14;
const ARP_SENDER_HARDWARE_AT = ETHERNET_HEADER_BYTES + 8;
const ARP_FRAME_BYTES = ETHERNET_HEADER_BYTES + 28;

const ICMPV6 = 58;
const NEIGHBOUR_SOLICITATION = 135;
export const NEIGHBOUR_ADVERTISEMENT = 136;
const ROUTER_AND_OVERRIDE = 0xa0;
const OPTION_TARGET_HARDWARE = 2;
const NEIGHBOUR_BYTES = 24;
const IPV6_HEADER_BYTES = 40;

const broadcast = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const allNodes = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const unspecified = new Uint8Array(16);

function ethernet(length: number, destination: Uint8Array, source: Uint8Array, type: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(ETHERNET_HEADER_BYTES + length);
  frame.set(destination);
  frame.set(source, 6);
  frame.set([type >> 8, type & 0xff], 12);
  return frame;
}

function arpRequest(hardware: Uint8Array, sender: Uint8Array, target: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = ethernet(28, broadcast, hardware, ETHERTYPE_ARP);
  frame.set([0, 1, 8, 0, HARDWARE_BYTES, 4, 0, 1], ETHERNET_HEADER_BYTES);
  frame.set(hardware, ARP_SENDER_HARDWARE_AT);
  frame.set(sender, ARP_SENDER_AT);
  frame.set(target, ARP_FRAME_BYTES - 4);
  return frame;
}

/** An ARP announcement: everyone on the segment notes (or changes) where `address` is. */
export const gratuitousArp = (hardware: Uint8Array, address: Uint8Array): Uint8Array<ArrayBuffer> =>
  arpRequest(hardware, address, address);

/** Asks who has `address`, without anyone noting an answer: whoever has it replies. */
export const arpProbe = (hardware: Uint8Array, address: Uint8Array): Uint8Array<ArrayBuffer> =>
  arpRequest(hardware, new Uint8Array(4), address);

function neighbourFrame(
  type: number,
  flags: number,
  hardware: Uint8Array,
  source: Uint8Array,
  destination: Uint8Array,
  target: Uint8Array,
  options: readonly number[],
): Uint8Array<ArrayBuffer> {
  const length = NEIGHBOUR_BYTES + options.length;
  const frame = ethernet(IPV6_HEADER_BYTES + length, multicastMac(destination), hardware, ETHERTYPE_IPV6);
  frame.set([0x60, 0, 0, 0, length >> 8, length & 0xff, ICMPV6, 255], ETHERNET_HEADER_BYTES);
  frame.set(source, ETHERNET_HEADER_BYTES + 8);
  frame.set(destination, ETHERNET_HEADER_BYTES + 24);
  const at = ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES;
  frame.set([type, 0, 0, 0, flags], at);
  frame.set(target, at + 8);
  frame.set(options, at + NEIGHBOUR_BYTES);
  const checksum = foldChecksum(
    sumWords(frame, at, frame.length, sumPseudoHeader(source, destination, ICMPV6, length)),
  );
  frame.set([checksum >> 8, checksum & 0xff], at + 2);
  return frame;
}

/** To all nodes, with the router and override flags and without the solicited one. `source` is the sender's link-local. */
export const unsolicitedAdvertisement = (
  hardware: Uint8Array,
  source: Uint8Array,
  address: Uint8Array,
): Uint8Array<ArrayBuffer> =>
  neighbourFrame(NEIGHBOUR_ADVERTISEMENT, ROUTER_AND_OVERRIDE, hardware, source, allNodes, address, [
    OPTION_TARGET_HARDWARE,
    1,
    ...hardware,
  ]);

/** Asks, from the unspecified address, whether someone has `address`: whoever has it advertises it to all nodes. */
export function duplicateSolicitation(hardware: Uint8Array, address: Uint8Array): Uint8Array<ArrayBuffer> {
  const group = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...address.subarray(13));
  return neighbourFrame(NEIGHBOUR_SOLICITATION, 0, hardware, unspecified, group, address, []);
}

/** Who says that it has which address. The arrays are copies. */
export type AddressClaim = { readonly address: Uint8Array; readonly hardware: Uint8Array };

/** An ARP frame's sender; null for a probe, and for what is no ARP for IPv4 over Ethernet. */
export function readArpClaim(frame: Uint8Array): AddressClaim | null {
  if (frame.length < ARP_FRAME_BYTES) return null;
  const fixed = [8, 6, 0, 1, 8, 0, HARDWARE_BYTES, 4];
  if (fixed.some((byte, index) => frame[12 + index] !== byte)) return null;
  const address = frame.slice(ARP_SENDER_AT, ARP_SENDER_AT + 4);
  if (address.every((byte) => byte === 0)) return null;
  return { address, hardware: frame.slice(ARP_SENDER_HARDWARE_AT, ARP_SENDER_HARDWARE_AT + HARDWARE_BYTES) };
}

/** A neighbour advertisement as a raw ICMPv6 socket gives it; without a link-layer option the hardware is empty. */
export function readAdvertisementClaim(message: Uint8Array): AddressClaim | null {
  if (message.length < NEIGHBOUR_BYTES || message[0] !== NEIGHBOUR_ADVERTISEMENT || message[1] !== 0) return null;
  const address = message.slice(8, NEIGHBOUR_BYTES);
  let at = NEIGHBOUR_BYTES;
  while (at + 8 <= message.length) {
    const length = (message[at + 1] ?? 0) * 8;
    if (length === 0 || at + length > message.length) break;
    if (message[at] === OPTION_TARGET_HARDWARE) {
      return { address, hardware: message.slice(at + 2, at + 2 + HARDWARE_BYTES) };
    }
    at += length;
  }
  return { address, hardware: new Uint8Array() };
}

export const hardwareText = (hardware: Uint8Array): string =>
  Array.from(hardware, (byte) => byte.toString(16).padStart(2, '0')).join(':');
