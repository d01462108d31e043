import type { NetlinkPort, Received } from '../../os/netlink/socket.js';
import { NLMSG_ERROR, readMessages } from '../../wire/netlink/reader.js';
import { NetlinkWriter } from '../../wire/netlink/writer.js';

/** The code of an acknowledgement: no error. */
const SUCCESS = new Uint8Array(4);

/** A netlink socket behind which nothing is: what is sent is acknowledged, as by a kernel that has carried it out. */
export class DryNetlink implements NetlinkPort {
  readonly #writer = new NetlinkWriter();
  #answer: Uint8Array | null = null;

  send(bytes: Uint8Array): number {
    const sequence = readMessages(bytes).items.at(-1)?.sequence ?? 0;
    this.#writer.begin({ type: NLMSG_ERROR, flags: 0, sequence });
    this.#writer.raw(SUCCESS);
    this.#writer.end();
    this.#answer = this.#writer.take();
    return 0;
  }

  receive(): Received {
    const bytes = this.#answer;
    this.#answer = null;
    return bytes === null ? { kind: 'empty' } : { kind: 'datagram', bytes };
  }

  close(): void {}
}
