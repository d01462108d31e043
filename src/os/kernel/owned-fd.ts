/**
 * Descriptors that end with their thread. A terminated worker runs no clean-up of its own, but Node closes what `fs.open`
 * opened in it; so a descriptor takes the number of one that `fs.open` gave.
 */
import { closeSync, openSync } from 'node:fs';
import { check, libc, SyscallError } from './libc.js';

const dup3 = libc.func('int dup3(int from, int to, int flags)');
const close = libc.func('int close(int fd)');
const O_CLOEXEC = 0o2000000;

/** Answers with the number that is valid from now on; `fd` is closed. */
export function ownFd(fd: number): number {
  try {
    return duplicateFd(fd);
  } finally {
    close(fd);
  }
}

/** A second descriptor of the same socket or file. */
export function duplicateFd(fd: number): number {
  const owned = openSync('/dev/null', 'r');
  if (dup3(fd, owned, O_CLOEXEC) >= 0) return owned;
  const error = new SyscallError('dup3');
  closeSync(owned);
  throw error;
}

/** Whoever still has the number reaches nothing with it. It stays taken until the thread ends. */
export function disconnectFd(fd: number): void {
  const nothing = openSync('/dev/null', 'r');
  check('dup3', dup3(nothing, fd, O_CLOEXEC));
  closeSync(nothing);
}

export const closeOwnedFd = (fd: number): void => closeSync(fd);
