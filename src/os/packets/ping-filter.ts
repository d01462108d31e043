/**
 * Filters that the kernel runs before it queues a packet for a raw ICMP socket, which otherwise gets a copy of all ICMP that
 * reaches this host: a flood for others would push our replies out of the queue. Classic BPF, <linux/filter.h>.
 */
import type { IpFamily } from '../../wire/ip/icmp.js';
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { NativeBuffer } from '../kernel/native-buffer.js';
import { SO_ATTACH_FILTER, SOL_SOCKET, setOption } from '../kernel/socket-call.js';

const LD_BYTE_X = 0x50;
const LD_HALF_X = 0x48;
const LD_BYTE = 0x30;
const LD_HALF = 0x28;
/** X = 4 * (byte & 0xf): the length of an IPv4 header. */
const LDX_IPV4_LENGTH = 0xb1;
const AND = 0x54;
const SHIFT_LEFT = 0x64;
const ADD_X = 0x0c;
const TAX = 0x07;
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;
const ALL = 0xffffffff;

/** Operation, jump if true, jump if false, operand. */
type Instruction = readonly [number, number, number, number];

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
  [LD_BYTE, 0, 0, 0],
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
  const program = family === 'ipv4' ? ipv4Program(id) : ipv6Program(id);
  const code = new NativeBuffer(program.length * 8);
  program.forEach(([operation, ifTrue, ifFalse, operand], index) => {
    code.view.setUint16(index * 8, operation, HOST_LITTLE_ENDIAN);
    code.view.setUint8(index * 8 + 2, ifTrue);
    code.view.setUint8(index * 8 + 3, ifFalse);
    code.view.setUint32(index * 8 + 4, operand, HOST_LITTLE_ENDIAN);
  });
  // struct sock_fprog: unsigned short length, and (aligned) a pointer to the instructions.
  const fprog = new NativeBuffer(16);
  fprog.view.setUint16(0, program.length, HOST_LITTLE_ENDIAN);
  fprog.view.setBigUint64(8, code.address, HOST_LITTLE_ENDIAN);
  setOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog.bytes, 'SO_ATTACH_FILTER');
}
