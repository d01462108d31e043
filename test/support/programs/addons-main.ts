/**
 * What the npm packages raw-socket and netlink read on a host: `addons-main.js hear ADDRESS`, `addons-main.js addresses`. A process of its own: the packages
 * work on a main thread alone.
 */
import { loadAddon } from '../../../bench/support/addons.js';

const VRRP = 112;
const IPPROTO_IP = 0;
const IP_ADD_MEMBERSHIP = 35;

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

export type HeardAdvert = { readonly from: string; readonly message: string; readonly checksum: number };

/** Each advert to the group, with the checksum of RFC 9568's pseudo-header and the message: 0 = it is right. */
function hear(address: string): void {
  const raw = loadAddon('raw-socket');
  const socket = raw.createSocket({ protocol: VRRP, addressFamily: raw.AddressFamily.IPv4 });
  const membership = Buffer.from([224, 0, 0, 18, ...address.split('.').map(Number)]);
  socket.setOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, membership.byteLength);
  socket.on('message', (packet, from) => {
    const header = ((packet[0] ?? 0) & 15) * 4;
    const length = packet.byteLength - header;
    const pseudo = Buffer.concat([packet.subarray(12, 20), Buffer.from([0, VRRP, length >> 8, length & 255])]);
    const checksum = raw.createChecksum(
      { buffer: pseudo, offset: 0, length: pseudo.byteLength },
      { buffer: packet, offset: header, length },
    );
    say({ from, message: packet.subarray(header).toString('hex'), checksum } satisfies HeardAdvert);
  });
  say('listening');
}

/** All IPv4 addresses of the host, such as `10.77.0.1/24`. */
async function addresses(): Promise<void> {
  const netlink = loadAddon('netlink').createRtNetlink();
  const all = await netlink.getAddresses();
  netlink.socket.close();
  say(
    all.flatMap(({ data, attrs: { address } }) =>
      address?.byteLength === 4 ? [`${Array.from(address).join('.')}/${data.prefixlen}`] : [],
    ),
  );
}

if (process.argv[2] === 'hear') hear(process.argv[3] ?? '');
else await addresses();
