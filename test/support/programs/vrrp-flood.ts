/** Floods the segment with adverts that must be refused: `vrrp-flood.js INTERFACE_INDEX SOURCE SECONDS`; prints how many. */

import { nsFromMs } from '../../../src/model/units.js';
import { PreciseClock } from '../../../src/os/clock/precise-clock.js';
import { sendTo, socketAddress } from '../../../src/os/kernel/socket-call.js';
import { openVrrpSockets } from '../../../src/os/packets/vrrp-sockets.js';
import { encodeAdvert, multicastGroup } from '../../../src/wire/vrrp/advert.js';
import { encodePacket } from '../../../src/wire/vrrp/packet.js';

const PER_SECOND = 50_000;

const [index, address, seconds] = process.argv.slice(2);
const source = Uint8Array.from((address ?? '').split('.'), Number);
const group = multicastGroup('ipv4');
const fields = { family: 'ipv4', vrid: 60, priority: 255, interval: nsFromMs(100), addresses: [source] } as const;
const message = encodeAdvert(fields, source, group, 'pseudo-header');
const bad = (change: (packet: Uint8Array) => void) => {
  const packet = encodePacket('ipv4', source, group, message);
  change(packet);
  return packet;
};
const MESSAGE_AT = 20;
const packets = [
  bad((packet) => packet.fill(0, MESSAGE_AT + 6, MESSAGE_AT + 8)),
  bad((packet) => packet.fill(64, 8, 9)),
  bad((packet) => packet.fill(0x21, MESSAGE_AT, MESSAGE_AT + 1)),
  bad((packet) => packet.fill(0, MESSAGE_AT + 3, MESSAGE_AT + 4)),
  bad((packet) => packet.fill(99, MESSAGE_AT + 1, MESSAGE_AT + 2)),
];
const { sender } = openVrrpSockets('ipv4', 'eth0', Number(index));
const to = socketAddress(group, Number(index));
const clock = new PreciseClock();
const total = PER_SECOND * Number(seconds);
const startNs = clock.now();
let sent = 0;
for (let count = 0; count < total; count += 1) {
  clock.spinUntil(startNs + (count * 1e9) / PER_SECOND);
  if (sendTo(sender, packets[count % packets.length] as Uint8Array, to) > 0) sent += 1;
}
process.stdout.write(`${sent}\n`);
