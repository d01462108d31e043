/** The socket of a service manager (sd_notify(3)): datagrams on a unix socket, which Node.js has none of. */
import { errnoName } from '../kernel/libc.js';
import { closeOwnedFd } from '../kernel/owned-fd.js';
import { AF_UNIX, openSocket, SOCK_DGRAM, sendTo, unixAddress } from '../kernel/socket-call.js';

export class NotifySocket {
  readonly #fd = openSocket(AF_UNIX, SOCK_DGRAM, 0);
  readonly #address: Uint8Array;

  private constructor(path: string) {
    this.#address = unixAddress(path.startsWith('@') ? `\0${path.slice(1)}` : path);
  }

  /** For the value of $NOTIFY_SOCKET: a path, or `@` and a name of the abstract namespace. Null for anything else. */
  static of(value: string | undefined): NotifySocket | null {
    return value !== undefined && /^[/@]./.test(value) ? new NotifySocket(value) : null;
  }

  /** Never waits. Null when it was sent, else the kernel's reason: EAGAIN where the manager has not read what came before. */
  send(text: string): string | null {
    return sendTo(this.#fd, new TextEncoder().encode(text), this.#address) < 0 ? errnoName() : null;
  }

  close(): void {
    closeOwnedFd(this.#fd);
  }
}
