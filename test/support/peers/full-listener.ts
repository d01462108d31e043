import { once } from 'node:events';
import { connect } from 'node:net';
import type { ExecutionContext } from 'ava';
import { libc } from '../../../src/os/kernel/libc.js';
import { encodeSockaddr } from '../../../src/os/kernel/sockaddr.js';

/** A listening socket whose queue is full: the kernel drops every SYN until `drain`, and the peer repeats it after a second. */
export async function openFullListener(t: ExecutionContext) {
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
  const listenTo = libc.func('int listen(int fd, int backlog)');
  const getsockname = libc.func('int getsockname(int fd, void *address, uint32_t *length)');
  const accept = libc.func('int accept(int fd, void *address, uint32_t *length)');
  const closeDescriptor = libc.func('int close(int fd)');
  const fd = socket(2, 1, 0);
  t.teardown(() => closeDescriptor(fd));
  const address = encodeSockaddr('127.0.0.1', 0);
  t.is(bind(fd, address, 16), 0);
  t.is(listenTo(fd, 0), 0);
  getsockname(fd, address, Uint32Array.of(16));
  const port = address.readUInt16BE(2);
  const filler = connect(port, '127.0.0.1');
  await once(filler, 'connect');
  t.teardown(() => filler.destroy());
  return { port, drain: () => void closeDescriptor(accept(fd, null, null)) };
}
