/** Plays the service manager: a unix datagram socket that keeps what it is sent. */
import { closeOwnedFd } from '../../src/os/kernel/owned-fd.js';
import {
  AF_UNIX,
  bindAddress,
  openSocket,
  receiveFrom,
  SOCK_DGRAM,
  senderOf,
  unixAddress,
} from '../../src/os/kernel/socket-call.js';
import { Heard } from './rigs/vrrp/heard.js';

const LOOK_MS = 20;
/** The first word comes when a whole daemon is up. */
const START_PATIENCE_MS = 90_000;
const MAX_BYTES = 4096;
const SOCKADDR_UN_BYTES = 110;

export type NotifyReceiver = Disposable & {
  /** Datagrams, each with all its lines. */
  readonly heard: Heard<string>;
  /** For $NOTIFY_SOCKET. */
  readonly name: string;
};

/** `name`: a path, or `@` and a name of the abstract namespace. */
export function receiveNotifications(name: string): NotifyReceiver {
  const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0);
  bindAddress(fd, unixAddress(name.replace(/^@/, '\0')));
  const heard = new Heard<string>('the service', START_PATIENCE_MS);
  const bytes = new Uint8Array(MAX_BYTES);
  const sender = senderOf(SOCKADDR_UN_BYTES);
  const take = () => {
    for (let length = receiveFrom(fd, bytes, 0, sender); length >= 0; length = receiveFrom(fd, bytes, 0, sender)) {
      heard.add(new TextDecoder().decode(bytes.subarray(0, length)));
    }
  };
  const looking = setInterval(take, LOOK_MS);
  return {
    heard,
    name,
    [Symbol.dispose]() {
      clearInterval(looking);
      closeOwnedFd(fd);
    },
  };
}
