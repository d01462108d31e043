/** A netlink socket of this process's network namespace: system calls only, none of them waits. */
import { constants } from 'node:os';
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { errno } from '../kernel/libc.js';
import { closeOwnedFd } from '../kernel/owned-fd.js';
import {
  AF_NETLINK,
  bindAddress,
  openSocket,
  receiveFrom,
  SO_RCVBUF,
  SOCK_RAW,
  SOL_SOCKET,
  send,
  senderOf,
  tryOption,
} from '../kernel/socket-call.js';

const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
/** Makes recvfrom answer with a datagram's true length. */
const MSG_TRUNC = 0x20;
const SOCKADDR_NL_BYTES = 12;

export const netlinkProtocol = { route: 0, connector: 11, generic: 16 } as const;
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

/** `fd` is for waiting (ppoll); it is closed when its thread ends. */
export type OpenNetlinkPort = NetlinkPort & { readonly fd: number };

/**
 * Throws SyscallError where the kernel gives no socket. `groups` is the mask of what to be told of unasked (RTMGRP_...).
 */
export function openNetlink(protocol: NetlinkProtocol, groups = 0): OpenNetlinkPort {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, netlinkProtocol[protocol]);
  try {
    const address = new Uint8Array(SOCKADDR_NL_BYTES);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_NETLINK, HOST_LITTLE_ENDIAN);
    view.setUint32(8, groups, HOST_LITTLE_ENDIAN);
    bindAddress(fd, address);
  } catch (error) {
    closeOwnedFd(fd);
    throw error;
  }
  // Comforts that an old kernel may not have: a larger queue, answers without the request in them, the
  // kernel's words, and dumps that it filters.
  tryOption(fd, SOL_SOCKET, SO_RCVBUF, QUEUE_BYTES);
  tryOption(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  tryOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  tryOption(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  return portOf(fd);
}

function portOf(fd: number): OpenNetlinkPort {
  const buffer = new Uint8Array(RECEIVE_BYTES);
  const sender = senderOf(SOCKADDR_NL_BYTES);
  const senderView = new DataView(sender.address.buffer);
  const { EAGAIN, EINTR, ENOBUFS } = constants.errno;
  let open = true;
  return {
    fd,
    send(bytes) {
      while (send(fd, bytes) < 0) if (errno() !== EINTR) return errno();
      return 0;
    },
    receive() {
      for (;;) {
        const length = receiveFrom(fd, buffer, MSG_TRUNC, sender);
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
