import { check, libc } from './libc.js';
import { ownFd } from './owned-fd.js';

const socketpair = libc.func('int socketpair(int domain, int type, int protocol, int32_t *fds)');

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

/** Two connected datagram sockets of this process. */
export function openSocketPair(): { readonly a: number; readonly b: number } {
  const fds = new Int32Array(2);
  check('socketpair', socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
  return { a: ownFd(fds[0] ?? -1), b: ownFd(fds[1] ?? -1) };
}
