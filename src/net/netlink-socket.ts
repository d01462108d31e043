/** A netlink socket of this process's network namespace: system calls only, none of them waits. */

import { constants } from 'node:os';
import { HOST_LITTLE_ENDIAN } from '../wire/netlink.js';
import { check, errno, libc } from './libc.js';
import { closeOwnedFd, ownFd } from './owned-fd.js';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)');
const send = libc.func('intptr_t send(int fd, const uint8_t *bytes, size_t length, int flags)');
const recvfrom = libc.func(
  'intptr_t recvfrom(int fd, uint8_t *bytes, size_t length, int flags, uint8_t *address, uint8_t *address_length)',
);

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
/** Makes recvfrom answer with a datagram's true length. */
const MSG_TRUNC = 0x20;
const SOCKADDR_NL_BYTES = 12;

export const netlinkProtocol = { route: 0, generic: 16 } as const;
export type NetlinkProtocol = keyof typeof netlinkProtocol;

/** The kernel builds dumps in pieces of up to 32 KB, as large as the buffer that reads them. */
const RECEIVE_BYTES = 64 * 1024;
/** Room for the answers to a whole batch: each takes about 1 KB of the queue, however short it is. The kernel doubles it. */
const QUEUE_BYTES = 512 * 1024;

export type Received =
  /** `bytes` is valid until the next call. */
  | { readonly kind: 'datagram'; readonly bytes: Uint8Array }
  | { readonly kind: 'empty' }
  /** The kernel dropped answers, since the queue was full (ENOBUFS) or a datagram longer than the buffer. */
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'failed'; readonly errno: number };

/** What the client needs of a socket; tests give it others, with faults. */
export interface NetlinkPort {
  /** Hands all messages to the kernel, which carries them out before it returns. 0, or an errno. */
  send(bytes: Uint8Array): number;
  receive(): Received;
  close(): void;
}

const u32 = (value: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, HOST_LITTLE_ENDIAN);
  return bytes;
};

/** `fd` is for waiting (ppoll); it is closed when its thread ends. */
export type OpenNetlinkPort = NetlinkPort & { readonly fd: number };

/**
 * Throws SyscallError where the kernel gives no socket. `groups` is the mask of what to be told of unasked (RTMGRP_...).
 */
export function openNetlink(protocol: NetlinkProtocol, groups = 0): OpenNetlinkPort {
  const fd = ownFd(
    check('socket(AF_NETLINK)', socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, netlinkProtocol[protocol])),
  );
  try {
    const address = new Uint8Array(SOCKADDR_NL_BYTES);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_NETLINK, HOST_LITTLE_ENDIAN);
    view.setUint32(8, groups, HOST_LITTLE_ENDIAN);
    check('bind(AF_NETLINK)', bind(fd, address, SOCKADDR_NL_BYTES));
  } catch (error) {
    closeOwnedFd(fd);
    throw error;
  }
  // Comforts that an old kernel may not have: a larger queue, answers without the request in them, and the kernel's words.
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, u32(QUEUE_BYTES), 4);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, u32(1), 4);
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, u32(1), 4);
  return portOf(fd);
}

function portOf(fd: number): OpenNetlinkPort {
  const buffer = new Uint8Array(RECEIVE_BYTES);
  const sender = new Uint8Array(SOCKADDR_NL_BYTES);
  const senderView = new DataView(sender.buffer);
  const senderLength = u32(SOCKADDR_NL_BYTES);
  const senderLengthView = new DataView(senderLength.buffer);
  const { EAGAIN, EINTR, ENOBUFS } = constants.errno;
  let open = true;
  return {
    fd,
    send(bytes) {
      while (send(fd, bytes, bytes.byteLength, 0) < 0) if (errno() !== EINTR) return errno();
      return 0;
    },
    receive() {
      for (;;) {
        senderLengthView.setUint32(0, SOCKADDR_NL_BYTES, HOST_LITTLE_ENDIAN);
        const length = Number(recvfrom(fd, buffer, RECEIVE_BYTES, MSG_TRUNC, sender, senderLength));
        if (length < 0) {
          const code = errno();
          if (code === EINTR) continue;
          if (code === EAGAIN) return { kind: 'empty' };
          return code === ENOBUFS ? { kind: 'lost', why: 'ENOBUFS' } : { kind: 'failed', errno: code };
        }
        // The kernel's own address is 0; another process that writes to us is not listened to.
        if (senderView.getUint32(4, HOST_LITTLE_ENDIAN) !== 0) continue;
        if (length > RECEIVE_BYTES) return { kind: 'lost', why: `a datagram of ${length} bytes` };
        return { kind: 'datagram', bytes: buffer.subarray(0, length) };
      }
    },
    close() {
      if (open) closeOwnedFd(fd);
      open = false;
    },
  };
}
