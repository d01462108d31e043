/** The two sockets that VRRP needs on an interface, per address family: one that sends whole packets, one that receives. */
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { type Family, multicastGroup, VRRP_PROTOCOL } from '../../wire/vrrp/advert.js';
import { closeOwnedFd } from '../kernel/owned-fd.js';
import {
  AF_INET,
  AF_INET6,
  bindToDevice,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_RAW,
  openSocket,
  PRIORITY_CONTROL,
  SO_PRIORITY,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_TIMESTAMPNS,
  SOCK_RAW,
  SOL_SOCKET,
  setOption,
  tryOption,
} from '../kernel/socket-call.js';

const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
const IP_MULTICAST_ALL = 49;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_ADD_MEMBERSHIP = 20;
const IPV6_MULTICAST_ALL = 29;
const IPV6_RECVPKTINFO = 49;
const IPV6_RECVHOPLIMIT = 51;
/** Room for about a thousand small packets: 20 ms of a flood of 50,000 a second. */
const RECEIVE_QUEUE_BYTES = 1 << 20;

/** What every socket that receives adverts has. */
export function prepareReceiver(fd: number): void {
  if (!tryOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_QUEUE_BYTES)) {
    tryOption(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_QUEUE_BYTES);
  }
  setOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1, 'SO_TIMESTAMPNS');
}

export type VrrpSockets = {
  readonly sender: number;
  readonly receiver: number;
  /** IPv6 packets come with their header; those of IPv4 always do. */
  readonly hasHeader: boolean;
};

/** Both are bound to the interface. Throws SyscallError: EPERM without CAP_NET_RAW, ENODEV without the interface. */
export function openVrrpSockets(family: Family, name: string, interfaceIndex: number): VrrpSockets {
  const sender = openSender(family, name);
  try {
    return { sender, receiver: openReceiver(family, name, interfaceIndex), hasHeader: false };
  } catch (error) {
    closeOwnedFd(sender);
    throw error;
  }
}

export function closeVrrpSockets(sockets: VrrpSockets): void {
  closeOwnedFd(sockets.sender);
  closeOwnedFd(sockets.receiver);
}

/** Takes packets with their IP header (IPPROTO_RAW), and receives none. They pass the firewall's output like any other. */
function openSender(family: Family, name: string): number {
  const ipv4 = family === 'ipv4';
  const fd = openSocket(ipv4 ? AF_INET : AF_INET6, SOCK_RAW, IPPROTO_RAW);
  return closingOnError(fd, () => {
    bindToDevice(fd, name);
    if (ipv4) setOption(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0, 'IP_MULTICAST_LOOP');
    else setOption(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, 'IPV6_MULTICAST_LOOP');
    tryOption(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY_CONTROL);
  });
}

export function openReceiver(family: Family, name: string, interfaceIndex: number): number {
  const ipv4 = family === 'ipv4';
  const fd = openSocket(ipv4 ? AF_INET : AF_INET6, SOCK_RAW, VRRP_PROTOCOL);
  return closingOnError(fd, () => {
    bindToDevice(fd, name);
    prepareReceiver(fd);
    const membership = membershipOf(family, interfaceIndex);
    if (ipv4) {
      setOption(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, 'IP_ADD_MEMBERSHIP 224.0.0.18');
      tryOption(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    } else {
      setOption(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, membership, 'IPV6_ADD_MEMBERSHIP ff02::12');
      setOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, 'IPV6_RECVPKTINFO');
      setOption(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, 'IPV6_RECVHOPLIMIT');
      tryOption(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
    }
  });
}

/** struct ip_mreqn (group, local address, index) or struct ipv6_mreq (group, index). */
function membershipOf(family: Family, interfaceIndex: number): Uint8Array {
  const group = multicastGroup(family);
  const bytes = new Uint8Array(family === 'ipv4' ? 12 : 20);
  bytes.set(group);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, interfaceIndex, HOST_LITTLE_ENDIAN);
  return bytes;
}

export function closingOnError(fd: number, prepare: () => void): number {
  try {
    prepare();
    return fd;
  } catch (error) {
    closeOwnedFd(fd);
    throw error;
  }
}
