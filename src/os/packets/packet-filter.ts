/** Classic BPF (<linux/filter.h>): programs that the kernel runs before it queues a packet for a socket. */
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { NativeBuffer } from '../kernel/native-buffer.js';
import { SO_ATTACH_FILTER, SOL_SOCKET, setOption } from '../kernel/socket-call.js';

export const LOAD_WORD = 0x20;
export const LOAD_HALF = 0x28;
export const LOAD_BYTE = 0x30;
export const JUMP_EQUAL = 0x15;
export const RETURN = 0x06;
const INSTRUCTION_BYTES = 8;
/** An operand that counts from the start of the frame, where the packet begins with its IP header (SKF_LL_OFF). */
export const inFrame = (offset: number): number => 0xffe00000 + offset;

/** Operation, jump if true, jump if false, operand. */
export type Instruction = readonly [operation: number, ifTrue: number, ifFalse: number, operand: number];

/** Throws SyscallError. */
export function attachFilter(fd: number, program: readonly Instruction[]): void {
  const code = new NativeBuffer(program.length * INSTRUCTION_BYTES);
  program.forEach(([operation, ifTrue, ifFalse, operand], index) => {
    const at = index * INSTRUCTION_BYTES;
    code.view.setUint16(at, operation, HOST_LITTLE_ENDIAN);
    code.view.setUint8(at + 2, ifTrue);
    code.view.setUint8(at + 3, ifFalse);
    code.view.setUint32(at + 4, operand, HOST_LITTLE_ENDIAN);
  });
  // struct sock_fprog: unsigned short length, and (aligned) a pointer to the instructions.
  const fprog = new NativeBuffer(16);
  fprog.view.setUint16(0, program.length, HOST_LITTLE_ENDIAN);
  fprog.view.setBigUint64(8, code.address, HOST_LITTLE_ENDIAN);
  setOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog.bytes, 'SO_ATTACH_FILTER');
}
