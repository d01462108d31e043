/**
 * Filters that the kernel runs before it queues a packet for a raw ICMP socket, which otherwise gets a copy of all ICMP that
 * reaches this host: a flood for others would push our replies out of the queue.
 */
import type { IpFamily } from '../../wire/ip/icmp.js';
import { attachFilter, type Instruction, JUMP_EQUAL, LOAD_BYTE, RETURN } from './packet-filter.js';

const LD_BYTE_X = 0x50;
const LD_HALF_X = 0x48;
const LD_HALF = 0x28;
/** X = 4 * (byte & 0xf): the length of an IPv4 header. */
const LDX_IPV4_LENGTH = 0xb1;
const AND = 0x54;
const SHIFT_LEFT = 0x64;
const ADD_X = 0x0c;
const TAX = 0x07;
const ALL = 0xffffffff;

/** Echo replies to `id`, and errors about echo requests with it. The packet begins with its IPv4 header. */
const ipv4Program = (id: number): readonly Instruction[] => [
  [LDX_IPV4_LENGTH, 0, 0, 0],
  [LD_BYTE_X, 0, 0, 0],
  // What is no reply is taken for an error, which quotes the packet that it is about.
  [JUMP_EQUAL, 0, 2, 0],
  [LD_HALF_X, 0, 0, 4],
  [JUMP_EQUAL, 7, 8, id],
  [LD_BYTE_X, 0, 0, 8],
  [AND, 0, 0, 0xf],
  [SHIFT_LEFT, 0, 0, 2],
  [ADD_X, 0, 0, 0],
  [TAX, 0, 0, 0],
  [LD_HALF_X, 0, 0, 12],
  [JUMP_EQUAL, 0, 1, id],
  [RETURN, 0, 0, ALL],
  [RETURN, 0, 0, 0],
];

/** The same for ICMPv6: the packet begins with the ICMP header, and a quoted IPv6 header has 40 bytes. */
const ipv6Program = (id: number): readonly Instruction[] => [
  [LOAD_BYTE, 0, 0, 0],
  [JUMP_EQUAL, 0, 2, 129],
  [LD_HALF, 0, 0, 4],
  [JUMP_EQUAL, 2, 3, id],
  [LD_HALF, 0, 0, 52],
  [JUMP_EQUAL, 0, 1, id],
  [RETURN, 0, 0, ALL],
  [RETURN, 0, 0, 0],
];

/** Lets through what can be for echo requests with `id`. Throws SyscallError. */
export function attachPingFilter(fd: number, family: IpFamily, id: number): void {
  attachFilter(fd, family === 'ipv4' ? ipv4Program(id) : ipv6Program(id));
}
