import { check, libc } from './libc.js';
import { ownFd } from './owned-fd.js';

const socketpair = libc.func('int socketpair(int domain, int type, int protocol, int32_t *fds)');

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

/** Two connected sockets of this process that keep packets apart, and take one whatever address it is sent to. */
export function openSocketPair(): { readonly a: number; readonly b: number } {
  const fds = new Int32Array(2);
  check('socketpair', socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
  return { a: ownFd(fds[0] ?? -1), b: ownFd(fds[1] ?? -1) };
}
