/**
 * The C library, as the few files of this folder call it. Each of them declares the functions it uses with `libc.func`;
 * all pass structures as buffers that they lay out themselves, so no type is registered globally.
 */
import { constants } from 'node:os';
import koffi from 'koffi';

function loadLibc(): ReturnType<typeof koffi.load> {
  const names = ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`];
  const failures: string[] = [];
  for (const name of names) {
    try {
      return koffi.load(name);
    } catch (error) {
      failures.push(String(error));
    }
  }
  throw new Error(`no C library found: ${failures.join('; ')}`);
}

export const libc = loadLibc();

const errorNames = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]));
// The same number is EWOULDBLOCK too, and the manual pages call it this.
errorNames.set(constants.errno.EAGAIN, 'EAGAIN');

/** The errno of this thread's last failed call. */
export const errno = (): number => koffi.errno();
export const errnoName = (code: number = koffi.errno()): string => errorNames.get(code) ?? `errno ${code}`;

/** A system call that failed, with the call's name and the kernel's reason. */
export class SyscallError extends Error {
  readonly syscall: string;
  readonly code: string;
  constructor(syscall: string, errnoCode: number = koffi.errno()) {
    super(`${syscall}: ${errnoName(errnoCode)}`);
    this.name = 'SyscallError';
    this.syscall = syscall;
    this.code = errnoName(errnoCode);
  }
}

/** Passes a call's result through, or throws its errno. */
export function check(syscall: string, result: number): number {
  if (result < 0) throw new SyscallError(syscall);
  return result;
}
