/** The npm package netlink as a writer of the same table: Fulcrum's own messages, sent and acknowledged by that package. */

import { monotonicNow } from '../../src/os/clock/clock.js';
import { IPVS_FAMILY_NAME, type IpvsDestination, type IpvsServiceKey } from '../../src/wire/ipvs/types.js';
import { type IpvsRequest, writeIpvsRequest } from '../../src/wire/ipvs/write.js';
import { NetlinkWriter } from '../../src/wire/netlink/writer.js';
import { type GenericNetlink, loadAddon, whyNoAddon } from '../support/addons.js';

const CTRL_CMD_GETFAMILY = 3;
const NLM_F_ACK = 4;
const NETLINK_HEADER_BYTES = 16;
const GENERIC_HEADER_BYTES = 4;

/** Microseconds from the call to the kernel's acknowledgement; null where the package is not installed. On the main thread. */
export async function measureAddonWrites(
  changes: readonly { readonly service: IpvsServiceKey; readonly destination: IpvsDestination }[],
): Promise<readonly number[] | null> {
  if (whyNoAddon('netlink') !== null) return null;
  const netlink = loadAddon('netlink').createGenericNetlink();
  try {
    const [found] = await netlink.ctrlRequest(CTRL_CMD_GETFAMILY, { familyName: IPVS_FAMILY_NAME });
    if (found?.familyId === undefined) throw new Error('the kernel has no IPVS');
    const tookUs: number[] = [];
    for (const change of changes) {
      const startNs = monotonicNow();
      await send(netlink, found.familyId, { kind: 'setDest', ...change });
      tookUs.push((monotonicNow() - startNs) / 1e3);
    }
    return tookUs;
  } finally {
    netlink.socket.close();
  }
}

async function send(netlink: GenericNetlink, family: number, request: IpvsRequest): Promise<void> {
  const writer = new NetlinkWriter();
  writeIpvsRequest(writer, request, { family, sequence: 0, acknowledge: true });
  const message = writer.take();
  // The package writes the headers itself.
  const [command = 0, version = 0] = message.subarray(NETLINK_HEADER_BYTES);
  const attributes = message.subarray(NETLINK_HEADER_BYTES + GENERIC_HEADER_BYTES);
  await netlink.request(family, command, version, attributes, { flags: NLM_F_ACK });
}
